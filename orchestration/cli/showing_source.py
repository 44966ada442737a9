"""Output of `funnel source check` and `funnel source show`."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from orchestration.cli.showing import new_table, print_table
from orchestration.text import printable

if TYPE_CHECKING:
    from orchestration.source_check import SourceCheck
    from orchestration.source_check.findings import AsOf, Sample
    from orchestration.source_new.overview import RawTableShown

FIGURES = {
    *("rows", "unreadable", "unused", "staged", "superseded", "deleted", "quarantined"),
    *("of", "leads", "at least", "files"),
}
COLORS = {"warning": typer.colors.YELLOW, "error": typer.colors.RED}
EXAMPLE = ("example", "as landed")
TEXT_WIDTH = 80


def show_check(found: "SourceCheck") -> None:
    """Show all findings, and last what to correct."""
    for title, columns, rows in _tables(found):
        if rows:
            typer.echo(f"\n{title}")
            table = new_table(FIGURES, *columns)
            for row in rows:
                table.add_row(*map(_cell, row))
            print_table(table)
    if found.as_of:
        typer.echo(f"\n{_moment(found.as_of)}")
    typer.echo("")
    for problem in found.problems:
        level = typer.style(f"{problem.level:<8}", fg=COLORS[problem.level])
        typer.echo(f"{level} {printable(problem.what)}")
        typer.echo(f"{'':<8} fix: {printable(problem.fix)}")
    errors = sum(problem.level == "error" for problem in found.problems)
    warnings = len(found.problems) - errors
    seconds = ", ".join(f"{step} {took:.1f} s" for step, took in found.seconds.items())
    typer.echo(f"{errors} errors, {warnings} warnings in source {found.source}. Took: {seconds}")


def show_sources(tables: "Sequence[RawTableShown]", landing: Path) -> None:
    """Show the raw tables of all sources, and the files that land in them."""
    shown = new_table(FIGURES, "source", "on", "raw table", "files", "where", "fills")
    before = ""
    for table in tables:
        is_first = table.source != before
        before = table.source
        shown.add_row(
            table.source if is_first else "",
            ("yes" if table.is_on else "no") if is_first else "",
            table.table,
            _cell(table.files),
            table.pattern,
            "(lookup)" if table.is_lookup else ", ".join(table.fills),
        )
    print_table(shown)
    typer.echo(f"Files under {landing}. A source is on where `--sources` or funnel.toml names it.")


Rows = Sequence[Sequence[object]]


def _tables(found: "SourceCheck") -> Iterable[tuple[str, Sequence[str], Rows]]:
    yield (
        "Files",
        ("file", "table", "rows", "unreadable", "unused", "read as"),
        [
            (f.file, f.table, f.rows, f.unreadable, f.unused, f.error or ", ".join(f.read_as))
            for f in found.files
        ],
    )
    yield (
        "Columns that are named otherwise in the files, or are not declared",
        ("table", "header", "column", "declared", "files", "for example"),
        [
            (c.table, c.header, c.column, "yes" if c.is_declared else "no", c.files, c.file)
            for c in found.columns
        ],
    )
    yield (
        "Tables of the contract",
        ("table", "rows", "staged", "superseded", "deleted", "quarantined"),
        [(t.table, t.rows, t.staged, t.superseded, t.deleted, t.quarantined) for t in found.tables],
    )
    yield (
        "Quarantined",
        ("table", "rows", "reason", *EXAMPLE),
        [(q.table, q.rows, q.reason, *_example(q.samples)) for q in found.quarantined],
    )
    yield (
        "Values that cannot be read and become null",
        ("table", "column", "rows", *EXAMPLE),
        [(v.table, v.column, v.rows, *_example(v.samples)) for v in found.unread],
    )
    yield (
        "Words that no rule explains",
        ("table", "column", "word", "rows"),
        [(u.table, u.column, w.word, w.rows) for u in found.words for w in u.words],
    )
    yield (
        "References that find nothing",
        ("table", "column", "refers to", "rows", "of", *EXAMPLE),
        [
            (r.table, r.column, r.refers_to, r.rows, r.of_rows, *_example(r.samples))
            for r in found.references
        ],
    )
    yield (
        "Leads that ever reached a stage; at least: it or a later one",
        ("stage", "leads", "at least"),
        [
            (s.stage, s.leads, s.leads_at_least) if s.is_recorded else (s.stage, "not recorded", "")
            for s in found.stages
        ],
    )


def _example(samples: "Sequence[Sample]") -> tuple[str, str]:
    return (str(samples[0]), (samples[0].text or "")[:TEXT_WIDTH]) if samples else ("", "")


def _moment(moment: "AsOf") -> str:
    return printable(
        f"as_of is {moment.moment:%Y-%m-%d %H:%M:%S} UTC, by {moment.table}.{moment.column} of "
        f"{moment.sample}."
    )


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else printable(str(value))
