"""Output of the commands about releases: lists and differences."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from orchestration.cli.showing import new_table, print_table

if TYPE_CHECKING:
    from rich.table import Table

    from orchestration.releases import ListedRelease, MetricChange, ReleaseDiff, TableChange

FIGURES = {"rows", "MB", "removed", "added", "changed rows", "before", "after", "difference"}


def show_releases(listed: "Sequence[ListedRelease]") -> None:
    """A line for each release; the current one is marked with a star."""
    table = new_table(
        FIGURES,
        "",
        "release",
        "published (UTC)",
        "as of (UTC)",
        "rows",
        "MB",
        "changed",
        "checks",
        "commit",
    )
    for entry in listed:
        table.add_row(
            "*" if entry.is_current else "",
            entry.release_id,
            f"{entry.created_at:%Y-%m-%d %H:%M}" if entry.created_at else "manifest unreadable",
            f"{entry.as_of:%Y-%m-%d %H:%M}{' pinned' * entry.is_pinned}" if entry.as_of else "",
            f"{entry.rows:,}",
            f"{entry.bytes / 1e6:,.1f}",
            _changes(entry),
            _checks(entry),
            (entry.git_commit or "")[:10],
        )
    print_table(table)


def show_diff(found: "ReleaseDiff") -> None:
    """Show the differences, the metrics last."""
    typer.echo(f"From {found.before} to {found.after}")
    if not found.differs:
        typer.echo("Nothing differs.")
    for name in found.tables_removed:
        typer.echo(f"  table {name} is gone")
    for name in found.tables_added:
        typer.echo(f"  table {name} is new")
    for change in found.tables:
        for column in change.columns:
            typer.echo(
                f"  column {change.name}.{column.name}: "
                f"{column.before or 'none'} -> {column.after or 'none'}"
            )
    rows = [change for change in found.tables if change.removed or change.added or change.changed]
    if rows:
        print_table(_rows_table(rows))
    if found.metrics:
        print_table(_metrics_table(found.metrics))
    if found.metric_count > len(found.metrics):
        typer.echo(
            f"{found.metric_count:,} metric values differ; {len(found.metrics)} are listed "
            "(--limit, --metric, --json)."
        )


def _rows_table(changes: "Sequence[TableChange]") -> "Table":
    table = new_table(FIGURES, "table", "removed", "added", "changed rows", "matched by")
    for change in changes:
        table.add_row(
            change.name,
            f"{change.removed:,}",
            f"{change.added:,}",
            f"{change.changed:,}" if change.key else "",
            ", ".join(change.key) or "whole rows",
        )
    return table


def _metrics_table(changes: "Sequence[MetricChange]") -> "Table":
    table = new_table(FIGURES, "metric", "period", "segment", "before", "after", "difference")
    for change in changes:
        whole = change.segment_type == "all"
        table.add_row(
            change.metric,
            f"{change.period_type} {change.period_start_date or ''}".strip(),
            "all" if whole else f"{change.segment_type} = {change.segment_value}",
            _number(change.before),
            _number(change.after),
            _number(change.difference, sign="+"),
        )
    return table


def _changes(entry: "ListedRelease") -> str:
    changes = entry.changes
    if changes is None:
        return ""
    parts = [
        f"{entry.row_change:+,} rows ({_count(len(changes.tables), 'table')})"
        if changes.tables
        else "",
        f"columns of {_count(len(changes.columns), 'table')}" if changes.columns else "",
        _count(changes.metrics, "metric value") if changes.metrics else "",
    ]
    return ", ".join(filter(None, parts)) or "no count, no metric"


def _checks(entry: "ListedRelease") -> str:
    checks = entry.checks
    if checks is None:
        return "not audited" if entry.is_readable else ""
    parts = [
        f"{checks.judged:,}",
        _count(len(checks.warnings), "warning") if checks.warnings else "",
        f"{len(checks.accepted):,} accepted" if checks.accepted else "",
    ]
    return ", ".join(filter(None, parts))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _number(value: float | None, sign: str = "") -> str:
    return "" if value is None else f"{value:{sign},.6g}"
