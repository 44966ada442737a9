"""fct_sla_clocks against the definition, mart_sla against pandas, and what the simulator put in."""

import json
from fractions import Fraction
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from built import Built
from lifelines import KaplanMeierFitter
from reference_funnel import seed
from scipy.stats import binomtest
from service_clocks import ServiceClocks

SEGMENTS = [
    *("source_system", "channel", "campaign", "country", "origin_owner", "owner_team"),
    *("persona", "fit_band", "deadline_owner_team", "deadline_owner"),
]
CLOCK = ["person_key", "cycle_number", "policy_key"]
CUT = ["month", "policy_key", "segment_type", "segment_value"]
STATUSES = ["met", "breached", "open_breached", "pending"]


@pytest.fixture(scope="module")
def clocks(built: Built) -> pd.DataFrame:
    clocks = built.table("core.fct_sla_clocks")
    return clocks.assign(
        month=clocks["started_date"].dt.strftime("%Y-%m"),
        deadline_owner=clocks["owner_rep_key"].fillna("unassigned"),
        all="all",
    )


@pytest.fixture(scope="module")
def report(built: Built) -> pd.DataFrame:
    mart = built.table("marts.mart_sla")
    return mart.assign(month=mart["period_start_date"].dt.strftime("%Y-%m"))


def test_every_clock_is_as_defined(built: Built, clocks: pd.DataFrame) -> None:
    expected = pd.DataFrame(ServiceClocks(built.reference).clocks())
    assert len(expected) > 200
    assert set(expected["status"]) >= {"met", "breached", "open_breached"}
    joined = expected.merge(clocks, on=CLOCK, how="outer", suffixes=("_due", ""), indicator=True)
    assert (joined["_merge"] == "both").all()
    for column in set(expected) - set(CLOCK):
        due, found = joined[f"{column}_due"], joined[column]
        if found.dtype.kind == "f":
            is_same = np.isclose(
                due.astype(float), found.astype(float), rtol=1e-12, atol=1e-7, equal_nan=True
            )
        else:
            is_same = (due == found) | (due.isna() & found.isna())
        wrong = joined.loc[~is_same, [*CLOCK, f"{column}_due", column]]
        assert wrong.empty, wrong.head().to_string()


def test_the_small_companies_have_every_case(companies: Built) -> None:
    clocks = companies.table("core.fct_sla_clocks")
    assert set(clocks["status"]) == set(STATUSES)
    cases = ["is_reassigned", "is_contacted_before_start", "is_wasted", "is_contacted_within_1h"]
    assert (clocks[cases].eq(True).sum() >= 10).all(), clocks[cases].sum()
    assert (~clocks["is_at_least_1h_old"]).any()
    assert clocks["is_contacted"].isna().any()
    assert clocks["calendar_id"].nunique() >= 4
    assert clocks["start_owner_rep_key"].isna().sum() >= 10


def test_counts_and_rates_are_those_of_the_clocks(
    clocks: pd.DataFrame, report: pd.DataFrame
) -> None:
    expected: dict[tuple[str, ...], dict[str, Any]] = {}
    for segment_type in ("all", *SEGMENTS):
        for (month, policy, value), rows in clocks.groupby(["month", "policy_key", segment_type]):
            old = rows[rows["is_at_least_1h_old"] & (rows["stops_on"] == "contact")]
            counts = {status: (rows["status"] == status).sum() for status in STATUSES}
            judged = len(rows) - counts["pending"]
            expected[month, policy, segment_type, value] = counts | {
                "mqls": len(rows),
                "judged": judged,
                "mature_share": judged / len(rows),
                "not_contacted_mqls": rows["is_contacted"].eq(False).sum(),
                "contacted_before_start_mqls": rows["is_contacted_before_start"].sum(),
                "wasted_mqls": rows["is_wasted"].eq(True).sum(),
                "mqls_at_least_1h_old": len(old),
                "contacted_1h_mqls": old["is_contacted_within_1h"].sum(),
                **_rate("sla_attainment_rate", counts["met"], judged),
                **_rate("contacted_1h_rate", old["is_contacted_within_1h"].sum(), len(old)),
                "is_small_n": judged < 30,
            }
    for row in report.to_dict("records"):
        due = expected.pop(tuple(row[name] for name in CUT))
        found = {name: _number(row[name]) for name in due}
        assert found == pytest.approx(due, abs=1e-9), row
    assert not expected


def test_the_benchmark_is_held_against_the_rate(report: pd.DataFrame) -> None:
    (usual,) = (row for row in seed("benchmarks") if row["metric"] == "contacted_1h_rate")
    low = float(usual["low_value"])
    assert low == 0.37
    for row in report.to_dict("records"):
        rate = _number(row["contacted_1h_rate"])
        verdict = None if rate is None else "below" if rate < low else "within"
        assert (row["benchmark_verdict"] or None) == verdict
    assert set(report["benchmark_verdict"].dropna()) == {"below", "within"}


@pytest.mark.parametrize(
    ("median", "followed"),
    [
        ("median_first_contact_minutes", "contact_followed_minutes"),
        ("median_first_contact_business_minutes", "contact_followed_business_minutes"),
    ],
)
def test_medians_are_kaplan_meiers(
    clocks: pd.DataFrame, report: pd.DataFrame, median: str, followed: str
) -> None:
    clocks = clocks[clocks["stops_on"] == "contact"]
    by_cut = report.set_index(CUT)[median]
    compared = 0
    for segment_type in ("all", *SEGMENTS):
        for (month, policy, value), rows in clocks.groupby(["month", "policy_key", segment_type]):
            found = _number(by_cut[month, policy, segment_type, value])
            minutes, contacted = rows[followed].tolist(), rows["is_contacted"].astype(bool).tolist()
            assert found == _median(minutes, contacted), (month, policy, segment_type, value)
            if segment_type == "all":
                # as lifelines has it, but for the rounding of a curve that is at one half
                curve = KaplanMeierFitter().fit(minutes, contacted).survival_function_
                at_most_half = curve.index[curve["KM_estimate"] <= 0.5 + 1e-9]
                assert found == min(at_most_half, default=None)
                compared += found is not None
    assert compared >= 5
    others = ~report["policy_key"].isin(clocks["policy_key"])
    assert others.any()
    assert report.loc[others, median].isna().all()


def test_median_of_the_contacted_alone(clocks: pd.DataFrame, report: pd.DataFrame) -> None:
    contacted = clocks[(clocks["stops_on"] == "contact") & clocks["first_contact_minutes"].notna()]
    column = "contacted_only_median_minutes"
    whole = report[report["segment_type"] == "all"].set_index(["month", "policy_key"])[column]
    expected = contacted.groupby(["month", "policy_key"])["first_contact_minutes"].median()
    assert len(expected) >= 5
    pd.testing.assert_series_equal(
        whole.dropna().astype(float).sort_index(), expected.sort_index(), check_names=False
    )


def test_wasted_mqls_cost_what_an_mql_of_their_cohort_cost(
    built: Built, report: pd.DataFrame
) -> None:
    costs = built.table("core.fct_costs")
    costs = costs.assign(month=costs["cost_date"].dt.strftime("%Y-%m"))
    of_month = costs.groupby("month")["cost_amount"].sum().astype(float)
    of_channel = costs.groupby(["month", "channel"])["cost_amount"].sum().astype(float)
    whole = report[report["segment_type"] == "all"].set_index(["month", "policy_key"])["mqls"]
    compared = 0
    for row in report.to_dict("records"):
        month, per_mql = row["month"], None
        if month in of_month:
            per_mql = of_month[month] / whole[month, row["policy_key"]]
            if row["segment_type"] == "channel":
                per_mql = of_channel.get((month, row["segment_value"]), 0.0) / row["mqls"]
                if row["segment_value"] not in set(costs["channel"]):
                    per_mql = None
        wasted = None if per_mql is None else per_mql * row["wasted_mqls"]
        assert _number(row["cost_per_mql_amount"]) == pytest.approx(per_mql)
        assert _number(row["wasted_mql_cost_amount"]) == pytest.approx(wasted)
        compared += bool(wasted)
    assert compared > 10


def test_the_teams_behaviour_is_recovered(large_company: Built) -> None:
    """How many a team never contacts, and how fast it is with the others.

    Of leads nobody called before, old enough that whoever will be contacted has been. Within four
    standard errors; a contact whose record is bad is lost, which adds 1 % to the first.
    """
    file = large_company.landing / "_truth" / "truth.json"
    truth = json.loads(file.read_text(encoding="utf-8"))["first_contact"]
    clocks = large_company.table("core.fct_sla_clocks")
    chosen = clocks[
        (clocks["policy_key"] == "first_contact_1h")
        & (clocks["channel"] != "cold_call")
        & ~clocks["is_contacted_before_start"]
        & (clocks["started_at"] < large_company.as_of - pd.Timedelta(days=60))
    ]
    for team in truth:
        rows = chosen[chosen["deadline_owner_team"] == team["key"]]
        n, never = len(rows), team["never_contacted"]
        assert n > 1000
        share = 1 - rows["is_contacted"].astype(bool).mean()
        assert abs(share - never) < 4 * sqrt(never * (1 - never) / n) + 0.01, (team, share)
        minutes = rows["first_contact_business_minutes"].dropna()
        mean = team["contact_mean_minutes"]
        assert abs(minutes.mean() - mean) < 4 * mean / sqrt(len(minutes)), (team, minutes.mean())
        met, p = (rows["status"] == "met").mean(), team["within_60_minutes"]
        assert abs(met - p) < 4 * sqrt(p * (1 - p) / n) + 0.01, (team, met)


def _median(minutes: list[float], contacted: list[bool]) -> float | None:
    """The first moment at which at most half are left, in exact fractions."""
    left = Fraction(1)
    for moment in sorted(set(minutes)):
        at_risk = sum(other >= moment for other in minutes)
        events = sum(
            is_event for other, is_event in zip(minutes, contacted, strict=True) if other == moment
        )
        left *= 1 - Fraction(events, at_risk)
        if left <= Fraction(1, 2):
            return moment
    return None


def _rate(name: str, numerator: int, denominator: int) -> dict[str, Any]:
    if not denominator:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    low, high = binomtest(int(numerator), denominator).proportion_ci(method="wilson")
    return {name: numerator / denominator, f"{name}_low": low, f"{name}_high": high}


def _number(value: Any) -> Any:
    """null as None."""
    return None if pd.isna(value) else value
