"""Faults of the dirty rows of each table.

Dirt comes on top of the clean rows, as spoiled copies under ids of their own, so that the clean
facts stay as the truth says; a duplicate is the same row twice. Only unreadable optional values are
put into the clean rows themselves.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator.clocks import Ints
from simulator.model import UNMAPPED_WORD


@dataclass(frozen=True)
class Dirt:
    """One kind of dirt: the column that it spoils, and what it writes there (None = nothing)."""

    kind: str
    column: str | None = None
    values: tuple[str | None, ...] = (None,)
    in_place: bool = False

    def soiled(self, rows: pa.Table, key: tuple[str, ...]) -> pa.Table:
        """Copies of rows with this dirt; all but duplicates and missing keys get an own key."""
        if self.column is None:
            return rows
        if self.column not in key:
            renamed = next(name for name in key if not name.endswith(("_date", "_from", "_start")))
            rows = _with(
                rows, renamed, pc.binary_join_element_wise("x", self.kind, rows[renamed], "-")
            )
        return _with(rows, self.column, self._spoiled(rows.num_rows))

    def soiled_in_place(self, rows: pa.Table, chosen: Ints) -> pa.Table:
        """All rows, with this dirt in the chosen ones."""
        mask = np.zeros(rows.num_rows, dtype=np.bool_)
        mask[chosen] = True
        assert self.column is not None
        column = rows[self.column].combine_chunks()
        return _with(
            rows, self.column, pc.replace_with_mask(column, mask, self._spoiled(len(chosen)))
        )

    def _spoiled(self, count: int) -> pa.Array:
        return pa.array([self.values[row % len(self.values)] for row in range(count)], pa.string())


def _with(rows: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return rows.set_column(rows.schema.get_field_index(name), name, values)


_BAD_TIMES = ("2024-02-30T10:00:00Z", "yesterday", "31/31/2024 10:00")
_LONG_AGO = ("2000-01-01T00:00:00Z",)
_DUPLICATE = Dirt("duplicate_key")


def _unreadable(column: str, *values: str) -> Dirt:
    return Dirt("unparseable_optional", column, values, in_place=True)


def _missing(column: str) -> Dirt:
    return Dirt("missing_key", column)


def _bad_time(column: str) -> Dirt:
    return Dirt("bad_time", column, _BAD_TIMES)


def _unknown(column: str, word: str) -> Dirt:
    return Dirt("unknown_enum", column, (word,))


def _not_a_number(column: str) -> Dirt:
    return Dirt("not_a_number", column, ("twelve", "a lot", "12..5"))


def _impossible(column: str, values: tuple[str, ...] = _LONG_AGO) -> Dirt:
    return Dirt("impossible_time", column, values)


DIRT: dict[str, tuple[Dirt, ...]] = {
    "leads": (
        _unreadable("employee_count", "about 50", "10-20"),
        _missing("lead_id"),
        _bad_time("created_at"),
        _unknown("origin_owner", "the intern"),
        _DUPLICATE,
    ),
    "lead_status_changes": (
        _missing("event_id"),
        _bad_time("changed_at"),
        Dirt("missing_required", "to_status"),
        Dirt("unmapped_status", "to_status", (UNMAPPED_WORD,)),
        _DUPLICATE,
    ),
    "lead_merges": (_missing("event_id"), _bad_time("merged_at"), _DUPLICATE),
    "activities": (
        _unreadable("duration_seconds", "a while", "5 min"),
        _missing("activity_id"),
        _bad_time("occurred_at"),
        _unknown("direction", "sideways"),
        _DUPLICATE,
    ),
    "bant_assessments": (
        _unreadable("has_budget", "maybe"),
        _missing("assessment_id"),
        _bad_time("assessed_at"),
        _DUPLICATE,
    ),
    "opportunities": (
        _unreadable("probability", "likely"),
        _missing("opportunity_id"),
        _bad_time("created_at"),
        _unknown("order_type", "gift"),
        _impossible("closed_at"),
        _DUPLICATE,
    ),
    "opportunity_stage_changes": (
        _missing("event_id"),
        _bad_time("changed_at"),
        Dirt("missing_required", "to_stage"),
        _DUPLICATE,
    ),
    "opportunity_contacts": (_missing("lead_id"), _DUPLICATE),
    "pipeline_stages": (),
    "orders": (
        _unreadable("cogs", "tbd"),
        _missing("order_id"),
        _bad_time("ordered_at"),
        _unknown("status", "perhaps"),
        _not_a_number("amount"),
        _DUPLICATE,
    ),
    "subscriptions": (
        _missing("subscription_id"),
        _not_a_number("mrr"),
        _impossible("ended_at"),
        _DUPLICATE,
    ),
    "reps": (_missing("rep_id"), _unknown("role", "wizard")),
    "campaigns": (_missing("campaign_id"), _impossible("end_date", ("2000-01-01",))),
    "costs": (
        _missing("cost_id"),
        _bad_time("cost_date"),
        _unknown("cost_type", "lunch"),
        _not_a_number("amount"),
        _DUPLICATE,
    ),
    "web_traffic": (_missing("channel"), _not_a_number("visitors"), _DUPLICATE),
    "targets": (
        _missing("metric"),
        _not_a_number("target_value"),
        _impossible("period_end", ("2000-01-01",)),
    ),
}
QUARANTINED = frozenset(
    {
        "missing_key",
        "missing_required",
        "bad_time",
        "unknown_enum",
        "not_a_number",
        "impossible_time",
        "duplicate_key",
    }
)
"""Kinds of dirt for which a row cannot pass; of the others, the row passes."""
