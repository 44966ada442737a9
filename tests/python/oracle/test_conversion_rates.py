"""Every rate of mart_funnel_conversion, recomputed by pandas, SciPy and lifelines."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from built import Built
from lifelines import KaplanMeierFitter
from scipy.stats import binomtest

KEYS = [
    "period_type",
    "period_start_date",
    "segment_type",
    "segment_value",
    "from_stage",
    "to_stage",
    "count_mode",
    "order_mode",
    "rate_kind",
]
MOMENT_OF_ORDER = {
    "ordered": "converted_at",
    "strict": "converted_next_at",
    "any_order": "converted_any_order_at",
}
Cohorts = dict[tuple[object, ...], pd.DataFrame]
CURVES = 400
"""Kaplan-Meier curves that are drawn by lifelines; it takes some milliseconds for each."""


@pytest.fixture(scope="module")
def transitions(large_company: Built) -> pd.DataFrame:
    """The members of all rates, with the first day of the cohort's month and week."""
    frame = large_company.table("core.fct_stage_transitions")
    return frame.assign(**_periods(frame["entered_date"]), all="all")


@pytest.fixture(scope="module")
def mart(large_company: Built) -> pd.DataFrame:
    """The mart for the whole and by channel, by its keys."""
    frame = large_company.table("marts.mart_funnel_conversion")
    return frame[frame["segment_type"].isin(["all", "channel"])].set_index(KEYS).sort_index()


@pytest.fixture(scope="module")
def survival(mart: pd.DataFrame) -> pd.DataFrame:
    """The rows of the Kaplan-Meier estimate."""
    return mart.xs("survival", level="rate_kind").droplevel("order_mode")


@pytest.fixture(scope="module")
def cohorts(transitions: pd.DataFrame) -> Cohorts:
    """The members of each survival rate, by the key of its row."""
    return {
        (period_type, start, segment_type, segment, from_stage, to_stage, count_mode): cohort
        for period_type, segment_type, count_mode, of_cut in _cuts(transitions)
        for (start, segment, from_stage, to_stage), cohort in of_cut
    }


def test_matured_and_to_date_rates_are_counted_right(
    mart: pd.DataFrame, transitions: pd.DataFrame
) -> None:
    expected = pd.concat(
        _counted(cohorts, period_type, segment_type, count_mode, order_mode)
        for period_type, segment_type, count_mode, cohorts in _cuts(transitions)
        for order_mode in MOMENT_OF_ORDER
    )
    found = mart[mart.index.get_level_values("rate_kind").isin(["matured", "to_date"])]
    columns = ["entrants", "denominator", "numerator", "mature_share", "conversion_rate"]
    columns += ["is_small_n", "is_provisional"]
    assert_same_frame(found[columns], expected[columns])


def test_their_intervals_are_wilsons(mart: pd.DataFrame) -> None:
    rates = mart[mart.index.get_level_values("rate_kind").isin(["matured", "to_date"])]
    nothing = rates["denominator"] == 0
    assert rates.loc[nothing, ["conversion_rate", "conversion_rate_low"]].isna().all(axis=None)
    counts = rates.loc[~nothing, ["numerator", "denominator"]].astype(int)
    distinct = counts.drop_duplicates()
    bounds = {
        (k, n): tuple(binomtest(k, n).proportion_ci(method="wilson"))
        for k, n in distinct.itertuples(index=False)
    }
    expected = pd.DataFrame(
        [bounds[pair] for pair in counts.itertuples(index=False, name=None)],
        columns=["conversion_rate_low", "conversion_rate_high"],
        index=counts.index,
    )
    assert len(distinct) > 1000
    assert_same_frame(rates.loc[~nothing, list(expected.columns)], expected)


def test_survival_rates_are_kaplan_meiers_with_greenwoods_interval(
    survival: pd.DataFrame, cohorts: Cohorts
) -> None:
    """On the mart's own grid of whole days; small cohorts and large ones alike."""
    assert set(cohorts) == set(survival.index)
    known = survival[survival["conversion_rate"].notna()]
    half = CURVES // 2
    sample = pd.concat(
        [
            known[known["denominator"] >= 30].sample(half, random_state=1),
            known[known["denominator"] < 30].sample(half, random_state=2),
        ]
    )
    for key, row in sample.iterrows():
        days, is_event = followed(cohorts[key])
        curve = KaplanMeierFitter().fit(days, is_event)
        last_day = row["horizon_days"] - 1
        estimate = 1 - curve.predict(last_day)
        assert row["conversion_rate"] == pytest.approx(estimate, abs=1e-9), key
        if 0 < estimate < 1:
            ends = curve.confidence_interval_.loc[:last_day].iloc[-1]
            assert row["conversion_rate_low"] == pytest.approx(1 - ends.max(), abs=1e-9), key
            assert row["conversion_rate_high"] == pytest.approx(1 - ends.min(), abs=1e-9), key
        else:
            assert np.isnan(row["conversion_rate_low"]), key
            assert np.isnan(row["conversion_rate_high"]), key


def test_survival_of_all_rows_agrees_with_the_product_of_the_days(
    survival: pd.DataFrame, cohorts: Cohorts
) -> None:
    """All rows, by the definition written out; null where nobody was followed to the horizon."""
    expected = []
    for cohort in cohorts.values():
        days, is_event = followed(cohort)
        events = np.bincount(days, weights=is_event)
        at_risk = len(days) - np.concatenate([[0], np.bincount(days).cumsum()[:-1]])
        left = np.prod(1 - events / at_risk)
        is_known = left == 0 or days.max() >= cohort["horizon_days"].iloc[0]
        estimate = 1 - left if is_known else np.nan
        expected.append((len(cohort), len(cohort), is_event.sum(), estimate))
    columns = ["entrants", "denominator", "numerator", "conversion_rate"]
    index = pd.MultiIndex.from_tuples(cohorts, names=survival.index.names)
    frame = pd.DataFrame(expected, columns=columns, index=index)
    assert 0 < frame["conversion_rate"].isna().sum() < len(frame) / 2
    assert_same_frame(survival[columns], frame)


def test_naive_lag_is_the_arrivals_of_a_later_month_over_the_entrants(
    large_company: Built, mart: pd.DataFrame, transitions: pd.DataFrame
) -> None:
    entries = large_company.table("core.fct_stage_entries")
    months = entries["reached_at"].to_numpy().astype("datetime64[M]")
    entries = entries.assign(month=months, all="all")
    last_month = np.datetime64(large_company.as_of, "M")
    naive = mart.xs("naive_lag", level="rate_kind").droplevel(["order_mode", "period_type"])
    compared = 0
    for segment_type in ("all", "channel"):
        for count_mode in ("first", "cycle"):
            counted = entries[entries["is_first_reached"]] if count_mode == "first" else entries
            arrivals = counted.groupby(["month", segment_type, "stage"]).size()
            cohort_of = transitions
            if count_mode == "first":
                cohort_of = transitions[transitions["is_first_observed"]]
            keys = ["month", segment_type, "from_stage", "to_stage", "lag_months"]
            for (start, segment, from_stage, to_stage, lag), entrants in (
                cohort_of.groupby(keys).size().items()
            ):
                month = np.datetime64(start, "M") + lag
                key = (start, segment_type, segment, from_stage, to_stage, count_mode)
                if month > last_month:
                    assert key not in naive.index
                    continue
                compared += 1
                arrived = arrivals.get((month.astype("datetime64[s]"), segment, to_stage), 0)
                assert naive.at[key, "numerator"] == arrived, key
                assert naive.at[key, "denominator"] == entrants, key
                assert naive.at[key, "conversion_rate"] == pytest.approx(arrived / entrants), key
                assert np.isnan(naive.at[key, "conversion_rate_low"])
    assert compared == len(naive)


def followed(cohort: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Days followed, the horizon at most, and whether they ended with the conversion."""
    horizon = cohort["horizon_days"].to_numpy()
    days = cohort["followed_days"].to_numpy()
    is_event = cohort["converted_at"].notna().to_numpy() & (days < horizon)
    return np.minimum(days, horizon), is_event


def assert_same_frame(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Equal in rows, and in values up to rounding."""
    assert len(expected) > 0
    pd.testing.assert_frame_equal(
        found.sort_index(),
        expected.sort_index(),
        check_dtype=False,
        check_index_type=False,
        check_exact=False,
        rtol=0,
        atol=1e-9,
    )


def _periods(dates: pd.Series) -> dict[str, pd.Series]:
    return {
        "month": dates.dt.to_period("M").dt.start_time,
        "week": dates - pd.to_timedelta(dates.dt.day_of_week, unit="D"),
    }


def _cuts(
    transitions: pd.DataFrame,
) -> Iterator[tuple[str, str, str, pd.api.typing.DataFrameGroupBy]]:
    """Length of period, segment and way of counting, with the cohorts."""
    for period_type in ("month", "week"):
        for segment_type in ("all", "channel"):
            for count_mode in ("first", "cycle"):
                counted = transitions
                if count_mode == "first":
                    counted = transitions[transitions["is_first_observed"]]
                yield (
                    period_type,
                    segment_type,
                    count_mode,
                    counted.groupby([period_type, segment_type, "from_stage", "to_stage"]),
                )


def _counted(
    cohorts: pd.api.typing.DataFrameGroupBy,
    period_type: str,
    segment_type: str,
    count_mode: str,
    order_mode: str,
) -> pd.DataFrame:
    """The matured and to-date rows of one cut."""
    members = cohorts.obj
    moment = members[MOMENT_OF_ORDER[order_mode]]
    horizon = pd.to_timedelta(members["horizon_days"], unit="D")
    in_time = moment < members["entered_at"] + horizon
    sums = (
        members.assign(
            is_converted=moment.notna(), is_matured=members["is_mature"] & in_time, entrants=1
        )
        .groupby(cohorts.keys)[["entrants", "is_mature", "is_converted", "is_matured"]]
        .sum()
    )
    parts = []
    for rate_kind, denominator, numerator in (
        ("matured", "is_mature", "is_matured"),
        ("to_date", "entrants", "is_converted"),
    ):
        part = pd.DataFrame(
            {
                "entrants": sums["entrants"],
                "denominator": sums[denominator],
                "numerator": sums[numerator],
                "mature_share": sums["is_mature"] / sums["entrants"],
                "conversion_rate": sums[numerator] / sums[denominator].where(sums[denominator] > 0),
                "is_small_n": sums[denominator] < 30,
                "is_provisional": (
                    (sums["is_mature"] < sums["entrants"]) | (rate_kind == "to_date")
                ),
            }
        )
        part.index = part.index.set_names(
            ["period_start_date", "segment_value", "from_stage", "to_stage"]
        )
        labels = {
            "period_type": period_type,
            "segment_type": segment_type,
            "count_mode": count_mode,
            "order_mode": order_mode,
            "rate_kind": rate_kind,
        }
        parts.append(part.reset_index().assign(**labels).set_index(KEYS))
    return pd.concat(parts)
