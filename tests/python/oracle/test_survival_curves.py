"""The curves of mart_funnel_survival, redrawn from the members of the rates by lifelines."""

import numpy as np
import pandas as pd
import pytest
from built import Built
from lifelines import KaplanMeierFitter

from simulator.truth import headline

CURVE = [
    "period_type",
    "period_start_date",
    "segment_type",
    "segment_value",
    "from_stage",
    "to_stage",
]
DRAWN = 250
"""Curves that are drawn by lifelines; it takes some milliseconds for each."""
Curves = dict[tuple[object, ...], pd.DataFrame]


@pytest.fixture(scope="module")
def curves(built: Built) -> Curves:
    """The rows of each curve of the mart, by its key."""
    mart = built.table("marts.mart_funnel_survival").sort_values("day_number")
    return dict(iter(mart.groupby(CURVE)))


@pytest.fixture(scope="module")
def cohorts(built: Built) -> Curves:
    """The members of each curve, by its key."""
    members = built.table("core.fct_stage_transitions").assign(all="all")
    entered = pd.to_datetime(members["entered_date"])
    found: Curves = {}
    for period_type, segment_types in (("month", ["all"]), ("quarter", ["all", "channel"])):
        starts = entered.dt.to_period(period_type[0].upper()).dt.start_time.rename("start")
        for segment_type in segment_types:
            keys = [starts, segment_type, "from_stage", "to_stage"]
            for (start, segment, from_stage, to_stage), cohort in members.groupby(keys):
                key = (period_type, start, segment_type, segment, from_stage, to_stage)
                found[key] = cohort
    return found


def test_the_days_of_every_curve_are_counted_right(curves: Curves, cohorts: Curves) -> None:
    assert set(curves) == set(cohorts)
    for key, cohort in cohorts.items():
        days, is_event = followed(cohort)
        horizon = int(cohort["horizon_days"].iloc[0])
        numbers = np.arange(horizon + 1)
        at_risk = np.array([np.count_nonzero(days >= max(n - 1, 0)) for n in numbers])
        events = np.array([np.count_nonzero(is_event & (days == n - 1)) for n in numbers])
        censored = np.array([np.count_nonzero(~is_event & (days == n - 1)) for n in numbers])
        left = np.cumprod(1 - events / np.maximum(at_risk, 1))
        is_drawn = (numbers <= days.max()) | (left == 0)
        curve = curves[key]
        assert curve["day_number"].tolist() == numbers[is_drawn].tolist(), key
        for column, expected in {
            "at_risk_count": at_risk,
            "event_count": events,
            "censored_count": censored,
        }.items():
            assert curve[column].tolist() == expected[is_drawn].tolist(), (key, column)
        assert curve["converted_rate"].to_numpy() == pytest.approx(1 - left[is_drawn], abs=1e-9)
        assert (curve["entrants"] == len(cohort)).all()
        assert curve["mature_share"].to_numpy() == pytest.approx(cohort["is_mature"].mean())
        assert (curve["is_small_n"] == (len(cohort) < 30)).all()
        assert (curve["is_provisional"] == (not cohort["is_mature"].all())).all()


def test_they_are_lifelines_curves_with_its_intervals(curves: Curves, cohorts: Curves) -> None:
    keys = sorted(cohorts, key=str)
    for number in np.random.default_rng(1).permutation(len(keys))[:DRAWN]:
        key = keys[number]
        days, is_event = followed(cohorts[key])
        fitted = KaplanMeierFitter().fit(days, is_event)
        curve = curves[key]
        # what happened on day n - 1 of the members is on the curve at n
        days_before = curve["day_number"] - 1
        shares = 1 - fitted.predict(days_before.clip(lower=0)).to_numpy()
        shares[0] = 0
        assert curve["converted_rate"].to_numpy() == pytest.approx(shares, abs=1e-9), key
        is_inside = (shares > 1e-12) & (shares < 1 - 1e-12)
        bounds = fitted.confidence_interval_.reindex(days_before, method="ffill").to_numpy()
        for column, expected in (
            ("converted_rate_low", 1 - bounds.max(axis=1)),
            ("converted_rate_high", 1 - bounds.min(axis=1)),
        ):
            found = curve[column].to_numpy()
            assert found[is_inside] == pytest.approx(expected[is_inside], abs=1e-9), key
            assert np.isnan(found[~is_inside]).all(), key


def test_the_curves_of_the_large_company_pass_through_the_truth(
    large_company: Built,
) -> None:
    """At each horizon that the truth knows, within 4 standard errors and 1 point.

    All quarters that are mature, as one; the point is for what the truth leaves out: steps back,
    merges and rows that come late.
    """
    mart = large_company.table("marts.mart_funnel_survival")
    is_whole = (mart["period_type"] == "quarter") & (mart["segment_type"] == "all")
    curves = mart[is_whole & ~mart["is_provisional"]]
    compared = 0
    for path, by_channel in headline().items():
        from_stage, to_stage = path.split(">")
        of_path = curves[(curves["from_stage"] == from_stage) & (curves["to_stage"] == to_stage)]
        for horizon, truth in by_channel["all"].items():
            at_horizon = of_path[of_path["day_number"] == int(horizon)]
            if len(at_horizon):
                entrants = at_horizon["entrants"].sum()
                found = np.average(at_horizon["converted_rate"], weights=at_horizon["entrants"])
                error = 4 * (truth * (1 - truth) / entrants) ** 0.5 + 0.01
                assert found == pytest.approx(truth, abs=error), (path, horizon)
                compared += 1
    assert compared > 50


def followed(cohort: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Days followed, the horizon at most, and whether they ended with the conversion."""
    horizon = cohort["horizon_days"].to_numpy()
    days = cohort["followed_days"].to_numpy()
    is_event = cohort["converted_at"].notna().to_numpy() & (days < horizon)
    return np.minimum(days, horizon), is_event
