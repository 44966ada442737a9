"""The latest moment that the data speaks for, and the row that sets it."""

from itertools import pairwise

from orchestration.source_check.findings import AsOf
from orchestration.source_check.landed import Landed, records
from orchestration.sql import identifier

MOMENTS = {
    "leads": ("created_at", "updated_at"),
    "lead_status_changes": ("changed_at",),
    "activities": ("occurred_at",),
    "opportunities": ("created_at", "updated_at", "closed_at"),
}
"""Columns that are written when it happens, by contract table, as int_written_days has them."""

WRITTEN = {
    ("activities", "occurred_at"): "not coalesce(is_planned, false) and occurred_at <= _loaded_at",
    ("opportunities", "closed_at"): "is_won and closed_at <= _loaded_at",
}
"""Of which records a moment was written when it happened, where not of all (macro is_written)."""

COUNTED = {"stage_counts": ("count_date",)}
"""The same, where a source fills none of those."""

TRAILING_ROWS = 3
"""So many rows may lie alone behind all others."""

FEWEST_MOMENTS = 20
"""Without so many, a gap before the latest says nothing."""


def as_of(landed: Landed) -> AsOf | None:
    """The latest moment of the staged records; None where no record has one."""
    dated = MOMENTS if any(map(landed.fills, MOMENTS)) else COUNTED
    moments = " union all ".join(
        f"select cast({identifier(column)} as timestamp) as moment, '{table}' as table_name, "
        f"'{column}' as column_name, _file_id, _source_row from {records(table)} "
        f"where _outcome = 'staged' and "
        + WRITTEN.get((table, column), f"{identifier(column)} <= _loaded_at")
        for table, columns in dated.items()
        if landed.fills(table)
        for column in columns
    )
    if not moments:
        return None
    latest = landed.rows(
        f"""
        select moment, table_name, column_name, _file_id, _source_row, count(*) over ()
        from ({moments}) as moments
        where moment is not null
        order by moment desc, table_name, column_name, _file_id, _source_row
        limit {TRAILING_ROWS + 1}
        """
    )
    if not latest:
        return None
    moment, table, column, file_id, row, moment_count = latest[0]
    [sample] = landed.samples([{"id": file_id, "row": row}])
    gaps = [(later[0] - earlier[0]).total_seconds() / 86_400 for later, earlier in pairwise(latest)]
    longest = max(gaps) if moment_count >= FEWEST_MOMENTS else None
    return AsOf(moment, table, column, sample, longest)
