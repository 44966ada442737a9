"""mart_mql_report, recomputed by pandas and SciPy; working days by NumPy from the seeds."""

import calendar
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from built import Built
from reference_funnel import seed
from scipy.stats import binomtest

SEGMENTS = [
    *("source_system", "channel", "campaign", "country", "origin_owner", "owner_team"),
    *("persona", "fit_band"),
]
COUNTS = [
    *("mqls", "re_mqls", "accepted_mqls", "rejected_mqls", "undecided_mqls", "unrecorded_mqls"),
    *("sqls", "sqls_from_mql", "sqls_direct", "sqls_out_of_order"),
]
Report = dict[tuple[str, str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def report(built: Built) -> Report:
    """The mart by month, segment type and value."""
    return {
        (f"{row['month_start_date']:%Y-%m}", row["segment_type"], row["segment_value"]): row
        for row in built.rows("marts.mart_mql_report")
    }


def test_counts_partition_the_entries(built: Built, report: Report) -> None:
    judged = _judged(built)
    expected: dict[tuple[str, str, str], dict[str, int]] = {}
    for segment_type in ("all", *SEGMENTS):
        for (month, segment), entries in judged.groupby(["month", segment_type]):
            expected[month, segment_type, segment] = {name: entries[name].sum() for name in COUNTS}
    assert expected
    for key, row in report.items():
        counts = expected.pop(key, dict.fromkeys(COUNTS, 0))
        if counts["unrecorded_mqls"] and counts["unrecorded_mqls"] == (
            counts["mqls"] + counts["re_mqls"]
        ):
            counts |= dict.fromkeys(("accepted_mqls", "rejected_mqls", "undecided_mqls"))
        assert {name: row[name] for name in COUNTS} == counts, key
    assert not expected


def test_the_whole_has_every_month_up_to_as_of(built: Built, report: Report) -> None:
    months = sorted(month for month, segment_type, _ in report if segment_type == "all")
    first = _judged(built)["month"].min()
    until = pd.Period(built.as_of, "M")
    for month in pd.period_range(first, until, freq="M"):
        assert str(month) in months


def test_acceptance_is_of_the_decided_with_wilsons_interval(report: Report) -> None:
    for key, row in report.items():
        accepted = row["accepted_mqls"] or 0
        decided = accepted + (row["rejected_mqls"] or 0)
        found = [row[f"acceptance_rate{end}"] for end in ("", "_low", "_high")]
        if not decided:
            assert found == [None, None, None], key
            continue
        interval = binomtest(accepted, decided).proportion_ci(method="wilson")
        assert found == pytest.approx([accepted / decided, *interval], abs=1e-9), key


def test_working_days_are_those_of_the_calendar(built: Built, report: Report) -> None:
    for (month, *_), row in report.items():
        assert (row["working_days"], row["elapsed_working_days"]) == _working_days(
            month, built.as_of.date()
        ), month


def test_targets_are_those_of_the_whole_month_and_the_segment(built: Built, report: Report) -> None:
    targets = {}
    for row in built.rows("core.fct_targets"):
        start, end = row["period_start_date"], row["period_end_date"]
        last_day = calendar.monthrange(start.year, start.month)[1]
        if start > built.as_of.date():
            continue
        if row["metric"] in ("mql", "sql") and (start.day, end) == (1, start.replace(day=last_day)):
            key = (f"{start:%Y-%m}", row["segment_type"], row["segment_value"])
            targets[row["metric"], *key] = row["target_value"]
    assert targets
    assert {tuple(key) for _, *key in targets} <= set(report)
    for key, row in report.items():
        for metric in ("mql", "sql"):
            assert row[f"{metric}_target"] == targets.get((metric, *key)), key


def test_projection_and_pace_go_by_elapsed_working_days(report: Report) -> None:
    for key, row in report.items():
        total, elapsed = row["working_days"], row["elapsed_working_days"]
        for metric in ("mql", "sql"):
            actual, target = row[f"{metric}s"], row[f"{metric}_target"]
            projection = actual * total / elapsed if elapsed else None
            due = target * elapsed / total if target is not None else None
            pace = actual / due if due else None
            assert row[f"{metric}_projection"] == pytest.approx(projection), key
            assert row[f"{metric}_pace"] == pytest.approx(pace), key


def _judged(built: Built) -> pd.DataFrame:
    """The observed MQL and SQL entries, each in the counts that it belongs to."""
    entries = built.table("core.fct_stage_entries")
    cycles = built.table("core.fct_lead_cycles")
    stints = built.table("core.fct_stage_stints").sort_values("stint_number")
    stints = stints.assign(
        is_taken_up=stints["stage"].isin(["sal", "sql", "opportunity", "customer"])
    )
    taken_up = stints["is_taken_up"].astype(int).groupby(stints["cycle_key"])
    stints["is_accepted"] = taken_up.transform("sum") > taken_up.cumsum()
    moments = [f"{stage}_observed_at" for stage in ("mql", "sql")]
    sides = ["recycled_at", "disqualified_at", "lost_at"]
    frame = entries[~entries["is_inferred"] & entries["stage"].isin(["mql", "sql"])].merge(
        cycles[["cycle_key", *moments, *sides]], on="cycle_key", validate="many_to_one"
    )
    frame["is_accepted"] = frame["observed_stint_key"].map(
        stints.set_index("stint_key")["is_accepted"]
    )
    is_mql, is_sql = frame["stage"] == "mql", frame["stage"] == "sql"
    recording = {system for system, stage in built.recorded if stage == "sal"}
    is_told = is_mql & frame["source_system"].isin(recording)
    accepted = is_told & frame["is_accepted"].astype(bool)
    rejected = is_told & ~accepted & frame[sides].notna().any(axis=1)
    direct = is_sql & frame["mql_observed_at"].isna()
    from_mql = is_sql & (frame["mql_observed_at"] <= frame["sql_observed_at"])
    return frame.assign(
        all="all",
        month=frame["entered_date"].dt.strftime("%Y-%m"),
        mqls=is_mql & frame["is_first_observed"],
        re_mqls=is_mql & ~frame["is_first_observed"],
        accepted_mqls=accepted,
        rejected_mqls=rejected,
        undecided_mqls=is_told & ~accepted & ~rejected,
        unrecorded_mqls=is_mql & ~is_told,
        sqls=is_sql,
        sqls_from_mql=from_mql,
        sqls_direct=direct,
        sqls_out_of_order=is_sql & ~direct & ~from_mql,
    )


def _working_days(month: str, as_of: date) -> tuple[int, int]:
    """Working days of a month in the default calendar, and those up to as_of."""
    holidays = [row["holiday_date"] for row in seed("holidays") if row["calendar_id"] == "default"]
    weekdays = {
        int(row["weekday"]) for row in seed("business_calendars") if row["calendar_id"] == "default"
    }
    week = "".join("1" if day in weekdays else "0" for day in range(1, 8))
    start = np.datetime64(month, "D")
    end = (np.datetime64(month, "M") + 1).astype("datetime64[D]")
    today = np.clip(np.datetime64(as_of) + 1, start, end)
    total, elapsed = (
        int(np.busday_count(start, day, weekmask=week, holidays=holidays)) for day in (end, today)
    )
    return total, elapsed
