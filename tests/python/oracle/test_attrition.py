"""Each entry's outcome and all of mart_attrition, recomputed from stints and activities."""

from bisect import bisect_left
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from built import Built
from reference_funnel import surrogate, word_of
from scipy.stats import binomtest

from simulator.model import EXITS, STEPS

OUTCOMES = ("advanced", "lost", "disqualified", "recycled", "open", "stalled")
STAGES = ("lead", "mql", "sal", "sql", "opportunity", "customer")
KEYS = [
    "month_start_date",
    "stage",
    "horizon_days",
    "segment_type",
    "segment_value",
    "outcome",
    "reason",
    "working_status",
]


@pytest.fixture(scope="module")
def entries(built: Built) -> pd.DataFrame:
    """One row per entry and its outcome, by the words of SPEC."""
    return pd.DataFrame(outcomes(built))


def test_every_entry_has_the_outcome_of_the_oracle(built: Built, entries: pd.DataFrame) -> None:
    columns = ["outcome", "reason", "working_status", "outcome_at", "last_sign_at", "matures_at"]
    found = built.table("core.fct_stage_outcomes").set_index(["cycle_key", "stage"])[columns]
    expected = entries.set_index(["cycle_key", "stage"])[columns]
    assert set(expected["outcome"].dropna()) == set(OUTCOMES)
    pd.testing.assert_frame_equal(
        found.sort_index(), expected.astype(found.dtypes).sort_index(), check_exact=True
    )


def test_the_mart_counts_them(built: Built, entries: pd.DataFrame) -> None:
    mart = built.table("marts.mart_attrition")
    segments = [name for name in mart["segment_type"].unique() if name != "all"]
    months = pd.to_datetime(entries["entered_date"]).dt.to_period("M").dt.start_time
    members = entries.assign(month_start_date=months, all="all")
    members = members.fillna({"reason": "none", "working_status": "none"})
    parts = []
    for segment_type in ("all", *segments):
        cohort = ["month_start_date", "stage", "horizon_days", segment_type]
        sizes = members.groupby(cohort).agg(
            entrants=("outcome", "size"), denominator=("outcome", "count")
        )
        kinds = ["outcome", "reason", "working_status"]
        counts = members.groupby([*cohort, *kinds]).size().rename("numerator")
        rows = counts.reset_index()
        for outcome in OUTCOMES:
            has_it = rows.loc[rows["outcome"] == outcome, cohort]
            missing = sizes.index.difference(pd.MultiIndex.from_frame(has_it))
            zeros = missing.to_frame(index=False).assign(
                outcome=outcome, reason="none", working_status="none", numerator=0
            )
            rows = pd.concat([rows, zeros])
        rows = rows.merge(sizes.reset_index(), on=cohort)
        parts.append(
            rows.rename(columns={segment_type: "segment_value"}).assign(segment_type=segment_type)
        )
    expected = pd.concat(parts).set_index(KEYS)
    expected["mature_share"] = expected["denominator"] / expected["entrants"]
    known = expected["denominator"].where(expected["denominator"] > 0)
    expected["outcome_rate"] = expected["numerator"] / known
    expected["is_small_n"] = expected["denominator"] < 30
    expected["is_provisional"] = expected["denominator"] < expected["entrants"]
    pd.testing.assert_frame_equal(
        mart.set_index(KEYS)[expected.columns].sort_index(),
        expected.sort_index(),
        check_dtype=False,
        check_index_type=False,
        check_exact=False,
        rtol=0,
        atol=1e-12,
    )
    sections = {"lead": "tofu", "mql": "mofu", "sal": "mofu", "sql": "bofu", "opportunity": "bofu"}
    assert (mart["section"] == mart["stage"].map(sections)).all()


def test_its_intervals_are_wilsons(built: Built) -> None:
    mart = built.table("marts.mart_attrition")
    rates = mart[mart["denominator"] > 0]
    pairs = rates[["numerator", "denominator"]].drop_duplicates()
    bounds = {
        (k, n): tuple(binomtest(k, n).proportion_ci(method="wilson"))
        for k, n in pairs.itertuples(index=False)
    }
    for row in rates.itertuples():
        low, high = bounds[row.numerator, row.denominator]
        assert row.outcome_rate_low == pytest.approx(low, abs=1e-9)
        assert row.outcome_rate_high == pytest.approx(high, abs=1e-9)
    assert mart.loc[mart["denominator"] == 0, "outcome_rate_low"].isna().all()


def test_the_exits_of_the_large_company_are_recovered(large_company: Built) -> None:
    """Shares of the side stages among those who left, within 4 standard errors and 2 points.

    The delay is the same for all, so the horizon cuts them alike; the 2 points are for leads that
    first stepped back, and leave by the shares of an earlier stage.
    """
    mart = large_company.table("marts.mart_attrition")
    of_all = mart[mart["segment_type"] == "all"]
    sides = list(EXITS[:3])
    counts = of_all.groupby(["stage", "outcome"])["numerator"].sum().unstack()[sides]
    for stage, step in zip(STAGES, STEPS, strict=False):
        left = counts.loc[stage].sum()
        for side, weight in zip(sides, step.exits, strict=False):
            truth = weight / sum(step.exits[:3])
            error = 4 * (truth * (1 - truth) / left) ** 0.5 + 0.02
            assert counts.at[stage, side] / left == pytest.approx(truth, abs=error), (stage, side)


def outcomes(built: Built) -> list[dict[str, Any]]:
    """Each observed entry to a stage before customer, with what became of it."""
    horizons = {
        (row["from_stage"], row["to_stage"]): row["horizon_days"]
        for row in built.rows("reference.conversion_horizons")
    }
    quiet_days = {row["stage"]: row["quiet_days"] for row in built.rows("reference.stall_rules")}
    signs: dict[str, list[datetime]] = {}
    for row in built.rows("core.fct_activities"):
        if row["person_key"] is not None and not row["is_automated"]:
            signs.setdefault(row["person_key"], []).append(row["occurred_at"])
    for moments in signs.values():
        moments.sort()
    # stages that a status left behind says were reached, though no stint shows them
    reached: dict[str, list[tuple[datetime, int]]] = {}
    for row in built.rows("core.fct_stage_entries"):
        if row["is_inferred"]:
            reached.setdefault(row["cycle_key"], []).append(
                (row["reached_at"], STAGES.index(row["stage"]))
            )
    cycles: dict[str, list[dict[str, Any]]] = {}
    for stint in built.rows("core.fct_stage_stints"):
        cycles.setdefault(stint["cycle_key"], []).append(stint)
    statuses = {
        surrogate(*person): [(row["changed_at"], word_of(row["to_status"])) for row in changes]
        for person, changes in built.reference.working_statuses.items()
    }
    found = []
    for stints in cycles.values():
        stints.sort(key=lambda stint: stint["stint_number"])
        for order, stage in enumerate(STAGES):
            first = next((n for n, stint in enumerate(stints) if stint["stage"] == stage), None)
            later = [
                to_stage
                for to_stage in STAGES[order + 1 :]
                if first is not None
                and (stints[first]["source_system"], to_stage) in built.recorded
            ]
            if first is not None and later:
                next_stage = later[0]
                end = stints[first]["entered_at"] + timedelta(days=horizons[stage, next_stage])
                found.append(
                    stints[first]
                    | {"matures_at": end, "reason": None, "outcome": None, "working_status": None}
                    | {"horizon_days": horizons[stage, next_stage]}
                    | {"outcome_at": pd.NaT, "last_sign_at": pd.NaT}
                    | (
                        _outcome(
                            stints[first:],
                            end,
                            timedelta(days=quiet_days[stage]),
                            signs.get(stints[first]["person_key"], []),
                            reached.get(stints[first]["cycle_key"], []),
                        )
                        if end <= built.as_of
                        else {}
                    )
                )
                if found[-1]["outcome"] not in (None, "advanced"):
                    before = [w for at, w in statuses.get(found[-1]["person_key"], []) if at < end]
                    found[-1]["working_status"] = before[-1] if before else None
    return found


def _outcome(
    stints: list[dict[str, Any]],
    end: datetime,
    quiet: timedelta,
    signs: list[datetime],
    reached: list[tuple[datetime, int]],
) -> dict[str, Any]:
    entry, *later = [stint for stint in stints if stint["entered_at"] < end]
    order = STAGES.index(entry["stage"])
    advances = [
        *(
            stint["entered_at"]
            for stint in later
            if not stint["is_side"] and STAGES.index(stint["stage"]) > order
        ),
        *(at for at, stage in reached if stage > order and entry["entered_at"] < at < end),
    ]
    if advances:
        return {"outcome": "advanced", "outcome_at": min(advances)}
    last = later[-1] if later else entry
    if last["is_side"]:
        reason = last["reason"] or "unassigned"
        return {"outcome": last["stage"], "reason": reason, "outcome_at": last["entered_at"]}
    sign = last["entered_at"]
    before = bisect_left(signs, end)
    if before:
        sign = max(sign, signs[before - 1])
    return {"outcome": "open" if sign >= end - quiet else "stalled", "last_sign_at": sign}
