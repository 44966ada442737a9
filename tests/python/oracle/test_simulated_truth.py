"""What the warehouse says of a simulated company, against the truth that the company was made from.

The truth of a rate is the model's own probability that somebody of a channel or persona who entered
a stage reaches the later one, or goes past it, in the same cycle within the horizon: the event that
the mart's `ordered` rates count. It is worked out by the simulator without simulating.
"""

import json
from collections import Counter
from datetime import UTC
from typing import Any

import numpy as np
import pandas as pd
import pytest
from built import Built
from reference_funnel import STAGES, surrogate
from scipy.stats import binom, binomtest

from orchestration.contract import contract_tables

KIND_OF_REASON = {
    "a later row of the same file has the same key": "duplicate_key",
    "is missing": "missing",
    "is not one of": "unknown_enum",
    "is not a timestamp": "bad_time",
    "is not a date": "bad_time",
    "is not a bigint": "not_a_number",
    "is not a decimal": "not_a_number",
    "is not a double": "not_a_number",
    "is before": "impossible_time",
    "is over ten years before": "impossible_time",
}
SOURCE = "files"


@pytest.fixture(scope="module")
def truth(large_company: Built) -> dict[str, Any]:
    file = large_company.landing / "_truth" / "truth.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def journeys(large_company: Built) -> pd.DataFrame:
    """One row per person and cycle, as it truly went."""
    return pd.read_parquet(large_company.landing / "_truth" / "leads.parquet")


@pytest.fixture(scope="module")
def rates(large_company: Built) -> pd.DataFrame:
    """The mart's rates that the truth has a probability for, large enough for a normal look."""
    mart = large_company.table("marts.mart_funnel_conversion")
    true = pd.read_parquet(large_company.landing / "_truth" / "conversions.parquet")
    of_one_segment = true["channel"].isna() | true["persona"].isna()
    true = true[(true["measure"] == "reached") & of_one_segment]
    of_all = np.where(true["persona"].isna(), "all", "persona")
    true = true.assign(
        segment_type=np.where(true["channel"].isna(), of_all, "channel"),
        segment_value=true["channel"].fillna(true["persona"]).fillna("all"),
    )
    keys = ["segment_type", "segment_value", "from_stage", "to_stage", "count_mode", "horizon_days"]
    joined = mart[mart["period_type"] == "month"].merge(true[[*keys, "probability"]], on=keys)
    n, p = joined["denominator"], joined["probability"]
    # chosen by the truth and not by what came out, so that the choice does not favour anything
    return joined[(n >= 30) & (n * p >= 5) & (n * (1 - p) >= 5)]


def test_leads_are_the_persons_that_they_were_made_from(
    large_company: Built, journeys: pd.DataFrame
) -> None:
    person_of = {row["lead_id"]: row["person_key"] for row in large_company.rows("core.dim_leads")}
    persons = journeys.drop_duplicates("person_lead_id")
    counted = persons[~persons["is_test"] & ~persons["is_deleted"]]
    for row in counted.itertuples():
        assert {person_of.pop(lead) for lead in row.lead_ids} == {
            surrogate(SOURCE, row.person_lead_id)
        }
    assert set(person_of.values()) == {None}
    assert len(person_of) == persons[persons["is_test"] | persons["is_deleted"]].shape[0]


def test_leads_and_persons_are_as_many_as_in_truth(
    large_company: Built, truth: dict[str, Any]
) -> None:
    counts = truth["counts"]
    dispositions = Counter(row["disposition"] for row in large_company.rows("core.dim_leads"))
    assert dispositions == {
        "survivor": counts["persons_counted"],
        "merged": counts["merged_away_leads"],
        "same_email": counts["same_email_leads"],
        "test": counts["test_leads"],
        "deleted": counts["deleted_leads"],
    }
    assert len(large_company.rows("core.dim_persons")) == counts["persons_counted"]


@pytest.mark.parametrize(
    "table",
    [name for name in contract_tables() if name not in ("accounts", "lead_grades", "stage_counts")],
)
def test_dirty_rows_are_quarantined_by_kind_and_no_others(
    large_company: Built, truth: dict[str, Any], table: str
) -> None:
    expected: Counter[str] = Counter()
    for kind, count in truth["dirty_rows"][table].items():
        if kind in truth["quarantined_kinds"]:
            expected["missing" if kind.startswith("missing") else kind] += count
    found = Counter(
        next(kind for words, kind in KIND_OF_REASON.items() if words in row["reason"])
        for row in large_company.rows("quarantine.quarantined_rows")
        if row["contract_table"] == table
    )
    assert found == expected


def test_unreadable_optional_values_are_counted_and_their_rows_pass(
    large_company: Built, truth: dict[str, Any]
) -> None:
    nulled: Counter[str] = Counter()
    for row in large_company.rows("core.fct_landed_files"):
        nulled[row["contract_table"]] += row["nulled_rows"]
    expected = {table: kinds.get("unparseable_optional", 0) for table, kinds in _dirty(truth)}
    assert nulled == expected


def test_deals_entered_their_stages_when_they_truly_did(large_company: Built) -> None:
    """But for those of which a record is bad; parallel deals move nobody."""
    entered: dict[str, dict[str, Any]] = {}
    for row in large_company.rows("core.fct_deal_stage_stints"):
        entered.setdefault(row["opportunity_key"], {})[row["stage"]] = row["entered_at"]
    truth = pd.read_parquet(large_company.landing / "_truth" / "deals.parquet")
    same = 0
    names = {"discovery": "Discovery", "demo": "Demo", "proposal": "Proposal"}
    names |= {"negotiation": "Negotiation"}
    for deal in truth.to_dict("records"):
        found = entered.get(surrogate(SOURCE, deal["opportunity_id"]))
        if found is None:  # its lead is a test, or was deleted
            continue
        moments = {name: deal[f"{stage}_at"] for stage, name in names.items()}
        moments["won" if deal["is_won"] else "lost"] = deal["closed_at"]
        truly = {
            name: at.tz_convert(UTC).tz_localize(None).to_pydatetime()
            for name, at in moments.items()
            if pd.notna(at) and at.tz_localize(None) < pd.Timestamp("2025-07-01")
        }
        same += found == truly
    assert same > 0.99 * len(entered) > 1000
    assert truth["is_parallel"].sum() > 100
    overruled = large_company.rows("core.fct_status_changes")
    assert sum(row["overruled_by"] == "open_deal" for row in overruled) > 50


def test_unmapped_statuses_are_reported(large_company: Built, truth: dict[str, Any]) -> None:
    reported = large_company.rows("marts.mart_unmapped_statuses")
    expected = truth["dirty_rows"]["lead_status_changes"]["unmapped_status"]
    assert sum(row["event_count"] for row in reported) == expected


def test_every_cycle_reached_the_stages_when_it_truly_did(
    large_company: Built, journeys: pd.DataFrame
) -> None:
    """From the journeys to the CRM's statuses, deals, orders and activities, and back."""
    cycles = {
        (row["person_key"], row["cycle_number"]): row
        for row in large_company.rows("core.fct_lead_cycles")
    }
    compared = 0
    for row in journeys[~journeys["is_test"] & ~journeys["is_deleted"]].to_dict("records"):
        truly = {
            stage: row[f"{stage}_at"].astimezone(UTC).replace(tzinfo=None).to_pydatetime()
            for stage in STAGES
            if pd.notna(row[f"{stage}_at"])
        }
        truly = {stage: at for stage, at in truly.items() if at <= large_company.as_of}
        key = surrogate(SOURCE, row["person_lead_id"]), row["cycle"]
        if not truly:
            assert key not in cycles
            continue
        cycle = cycles.pop(key)
        for number, stage in enumerate(STAGES):
            later = [truly[name] for name in STAGES[number:] if name in truly]
            assert cycle[f"{stage}_reached_at"] == min(later, default=None), (key, stage)
            compared += len(later) > 0
    assert not cycles
    assert compared > 30_000


@pytest.mark.parametrize("count_mode", ["first", "cycle"])
@pytest.mark.parametrize("rate_kind", ["matured", "survival"])
def test_intervals_cover_the_truth_at_their_nominal_level(
    rates: pd.DataFrame, rate_kind: str, count_mode: str
) -> None:
    """About 95 % of more than 1,000 intervals, one per month, transition, and channel or persona.

    A cohort is a draw from the channel's mixture of personas (or the persona's of channels), so its
    conversions are binomial with the segment's probability. Transitions from one stage share their
    members, and their intervals succeed and fail together: the 1,000 count as about 300. The share
    that covers has then a standard error of 1.3 points, and 91 to 99 % is three of them.
    """
    chosen = rates[
        (rates["rate_kind"] == rate_kind)
        & (rates["order_mode"] == "ordered")
        & (rates["count_mode"] == count_mode)
        & rates["segment_type"].isin(["channel", "persona"])
        & rates["conversion_rate"].notna()
    ]
    assert len(chosen) > 1000
    assert chosen.groupby(["from_stage", "to_stage"]).ngroups == 15
    assert 0.91 <= _coverage(chosen) <= 0.99


def test_matured_rates_of_all_months_together_are_the_truth(rates: pd.DataFrame) -> None:
    """A definition that is off by some days or some leads shows when all cohorts are pooled."""
    chosen = rates[
        (rates["rate_kind"] == "matured")
        & (rates["order_mode"] == "ordered")
        & (rates["count_mode"] == "cycle")
        & (rates["segment_type"] == "all")
    ]
    pooled = chosen.groupby(["from_stage", "to_stage"]).agg(
        n=("denominator", "sum"), k=("numerator", "sum"), p=("probability", "first")
    )
    tail = binom.cdf(pooled["k"], pooled["n"], pooled["p"])
    assert len(pooled) == 15
    # fifteen looks at once, each at a level of one in a thousand
    assert ((tail > 0.0005) & (tail < 0.9995)).all(), pooled.assign(tail=tail)


@pytest.mark.parametrize(("segment_type", "at_most"), [("channel", 0.85), ("all", 0.60)])
def test_the_naive_lagged_ratio_does_not_tell_the_truth(
    rates: pd.DataFrame, segment_type: str, at_most: float
) -> None:
    """Read as a proportion it covers the truth far less often, and the worse the more leads.

    It divides people by other people: among the arrivals are those who skipped the first stage,
    and those of other months.
    """
    chosen = rates[
        (rates["rate_kind"] == "naive_lag")
        & (rates["count_mode"] == "cycle")
        & (rates["segment_type"] == segment_type)
    ]
    bounds = [
        binomtest(min(int(k), n), n).proportion_ci(method="wilson")
        for k, n in zip(chosen["numerator"], chosen["denominator"], strict=True)
    ]
    read_as_proportion = chosen.assign(
        conversion_rate_low=[low for low, _ in bounds],
        conversion_rate_high=[high for _, high in bounds],
    )
    assert len(chosen) > 200
    assert _coverage(read_as_proportion) < at_most
    assert (chosen["conversion_rate"] - chosen["probability"]).mean() > 0.03


def _coverage(rates: pd.DataFrame) -> float:
    """Share of intervals that hold the true probability; one that is not there does not."""
    p = rates["probability"]
    return float(
        ((rates["conversion_rate_low"] <= p) & (p <= rates["conversion_rate_high"])).mean()
    )


def _dirty(truth: dict[str, Any]) -> list[tuple[str, dict[str, int]]]:
    return list(truth["dirty_rows"].items())
