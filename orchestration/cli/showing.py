"""Output of the commands: progress, notices, releases."""

import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from orchestration.text import printable

if TYPE_CHECKING:
    from rich.table import Table

    from orchestration.build.build import BuildReport
    from orchestration.build.dbt import Progress
    from orchestration.build.notices import ExampleQuery
    from orchestration.releases import Manifest
    from orchestration.settings import Settings

EXAMPLE_ROWS = 10
NAME_WIDTH = 40
TABLE_WIDTH = 160
"""Columns of a table where the output is no terminal; a terminal has its own."""


@contextmanager
def progress_of(unit: str) -> Iterator["Progress"]:
    """A bar on a terminal, a line every tenth of the way elsewhere."""
    if not sys.stdout.isatty():
        yield _tenths(unit)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    columns = BarColumn(), MofNCompleteColumn(), TextColumn(f"{unit} {{task.description}}")
    with Bar(*columns, transient=True) as bar:
        task = bar.add_task("", total=None, visible=False)
        yield lambda done, total, name: bar.update(
            task, completed=done, total=total, description=name[:NAME_WIDTH], visible=True
        )


def _tenths(unit: str) -> "Progress":
    told = 0

    def tell(done: int, total: int, _name: str) -> None:
        nonlocal told
        if done * 10 // total > told:
            told = done * 10 // total
            typer.echo(f"  {done:,} of {total:,} {unit}")

    return tell


def show_report(settings: "Settings", report: "BuildReport") -> None:
    """Show the result of a build, and where to look."""
    from orchestration.build.notices import example_queries  # noqa: PLC0415

    show_notices(report.notices)
    steps = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in report.seconds.items())
    typer.echo(f"\nTook: {steps}")
    if report.manifest:
        show_release(settings, report.manifest)
        show_examples(_database_of(settings, report.manifest), example_queries())
        typer.echo("\n`funnel dashboard` makes a page with charts of the current release.")


def show_notices(notices: Sequence[str]) -> None:
    """Show what needs attention."""
    if notices:
        typer.echo("\nTo look at:")
    for notice in notices:
        typer.echo(f"  {printable(notice)}")


def show_release(settings: "Settings", manifest: "Manifest") -> None:
    """A release and its tables, and whether readers get it."""
    from orchestration.releases import current_release_id  # noqa: PLC0415
    from orchestration.warehouse.paths import Warehouse  # noqa: PLC0415

    warehouse = Warehouse(settings.warehouse)
    release_id = manifest.release_id
    if current_release_id(warehouse) == release_id:
        typer.echo(f"\nRelease {release_id} is current: {warehouse.current_database}")
    else:
        typer.echo(
            f"\nRelease {release_id} is not current, and stays until the next publication: "
            f"{_database_of(settings, manifest)}\n"
            f"`funnel diff {release_id} current` shows the differences; "
            f"`funnel rollback --to {release_id}` publishes it to readers."
        )
    width = max(len(name) for name in manifest.tables)
    for name, table in manifest.tables.items():
        typer.echo(f"  {name:<{width}}  {table.rows:>12,} rows")


def show_examples(database: Path, examples: "Sequence[ExampleQuery]") -> None:
    """Example queries with the answers of a release."""
    import duckdb  # noqa: PLC0415

    with duckdb.connect(str(database), read_only=True) as connection:
        for example in examples:
            typer.echo(f"\n-- {example.title}\n{example.sql}")
            try:
                connection.sql(example.sql).limit(EXAMPLE_ROWS).show(max_width=100)
            except duckdb.Error as error:
                typer.echo(f"(not answered by this release: {error})")


def new_table(figures: Collection[str], *columns: str) -> "Table":
    """An empty table; the columns that are `figures` are set to the right."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        table.add_column(name, justify="right" if name in figures else "left")
    return table


def print_table(table: "Table") -> None:
    """Print a table as wide as the terminal."""
    from rich.console import Console  # noqa: PLC0415

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=TABLE_WIDTH)
    console.print(table)


def _database_of(settings: "Settings", manifest: "Manifest") -> Path:
    from orchestration.warehouse.paths import DATABASE_FILE, Warehouse  # noqa: PLC0415

    return Warehouse(settings.warehouse).releases_dir / manifest.release_id / DATABASE_FILE
