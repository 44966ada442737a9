"""Every duration, and all of mart_stage_velocity, recomputed by numpy and lifelines."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from built import Built
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times, qth_survival_time

CLOCKS = {"elapsed": "elapsed_days", "business": "working_hours"}
SEGMENTS = ("all", "channel", "owner_team")
KEYS = [
    "measure",
    "from_stage",
    "to_stage",
    "segment_type",
    "segment_value",
    "month_start_date",
    "clock",
]
QUANTILES = {"p25": 0.75, "median": 0.5, "p75": 0.25, "p90": 0.1}
ROUNDING = 1e-9
DRAWN = 200
"""Curves that are drawn by lifelines; it takes some milliseconds for each."""
Cohorts = dict[tuple[object, ...], tuple[np.ndarray, np.ndarray]]


@pytest.fixture(scope="module")
def durations(built: Built) -> pd.DataFrame:
    """One row per duration, from the stints and the transitions."""
    stints = built.table("core.fct_stage_stints")
    stints = stints.assign(
        duration_key=stints["stint_key"],
        measure="time_in_stage",
        from_stage=stints["stage"],
        to_stage="",
        end=stints["exited_at"],
        watched_to=built.as_of,
    )
    transitions = built.table("core.fct_stage_transitions")
    transitions = transitions.assign(
        duration_key=transitions["transition_key"],
        measure="time_to_stage",
        end=transitions["converted_observed_at"],
        watched_to=transitions["converted_at"].fillna(built.as_of),
    )
    columns = ["duration_key", "person_key", "measure", "from_stage", "to_stage", "channel"]
    columns += ["owner_team", "entered_at", "end", "watched_to"]
    both = pd.concat([stints[columns], transitions[columns]], ignore_index=True)
    both["is_ended"] = both["end"].notna()
    # what is dated before the beginning takes no time
    both["ended_at"] = both["end"].fillna(both["watched_to"]).clip(lower=both["entered_at"])
    both["elapsed_days"] = (both["ended_at"] - both["entered_at"]) / pd.Timedelta(days=1)
    both["calendar_id"] = _calendars(built, both)
    both["working_hours"] = np.nan
    for calendar_id, rows in both.groupby("calendar_id"):
        hours = Hours.of(built, str(calendar_id))
        worked = hours.worked(rows["ended_at"]) - hours.worked(rows["entered_at"])
        both.loc[rows.index, "working_hours"] = worked
    # the reporting time zone of the tests is UTC
    both["month_start_date"] = both["entered_at"].dt.to_period("M").dt.start_time
    return both.assign(all="all")


@pytest.fixture(scope="module")
def mart(built: Built) -> pd.DataFrame:
    """The mart by its keys; to_stage is empty for time_in_stage."""
    frame = built.table("marts.mart_stage_velocity")
    return frame.assign(to_stage=frame["to_stage"].fillna("")).set_index(KEYS).sort_index()


@pytest.fixture(scope="module")
def cohorts(durations: pd.DataFrame) -> Cohorts:
    """Durations and whether they ended, by the key of the mart's row."""
    found: Cohorts = {}
    for segment_type in SEGMENTS:
        keys = ["measure", "from_stage", "to_stage", segment_type, "month_start_date"]
        for (*path, segment, month), rows in durations.groupby(keys):
            for clock, column in CLOCKS.items():
                key = (*path, segment_type, segment, month, clock)
                found[key] = (rows[column].to_numpy(), rows["is_ended"].to_numpy())
    return found


def test_every_duration_is_that_of_the_oracle(built: Built, durations: pd.DataFrame) -> None:
    columns = ["is_ended", "ended_at", "calendar_id", "elapsed_days", "working_hours"]
    found = built.table("core.fct_stage_durations").set_index("duration_key")[columns]
    expected = durations.set_index("duration_key")[columns]
    assert (durations["end"].isna() & (durations["watched_to"] < built.as_of)).any()
    pd.testing.assert_frame_equal(
        found.sort_index(), expected.astype(found.dtypes).sort_index(), rtol=0, atol=1e-6
    )


def test_every_quantile_is_that_of_the_curve(mart: pd.DataFrame, cohorts: Cohorts) -> None:
    """All rows, by the definitions written out."""
    rows = []
    for values, is_ended in cohorts.values():
        times, survival, low, high = _curve(values, is_ended)
        quantiles = {
            f"{name}_duration": _first(times, survival <= left_over + ROUNDING)
            for name, left_over in QUANTILES.items()
        }
        rows.append(
            {
                "entrants": len(values),
                "ended_count": is_ended.sum(),
                "censored_count": (~is_ended).sum(),
                "median_duration_low": _first(times, low <= 0.5),
                "median_duration_high": _first(times, high <= 0.5),
                "converters_only_mean_duration": (
                    values[is_ended].mean() if is_ended.any() else np.nan
                ),
                "converters_only_median_duration": (
                    np.median(values[is_ended]) if is_ended.any() else np.nan
                ),
                "is_small_n": len(values) < 30,
                **quantiles,
            }
        )
    index = pd.MultiIndex.from_tuples(cohorts, names=KEYS)
    expected = pd.DataFrame(rows, index=index).sort_index()
    assert set(mart.index) == set(index)
    assert expected["median_duration"].isna().any()
    assert (expected["median_duration"] > expected["converters_only_mean_duration"]).any()
    pd.testing.assert_frame_equal(
        mart[expected.columns],
        expected,
        check_dtype=False,
        check_index_type=False,
        rtol=0,
        atol=1e-6,
    )


def test_they_agree_with_lifelines(mart: pd.DataFrame, cohorts: Cohorts) -> None:
    keys = sorted((key for key, (values, _) in cohorts.items() if len(values) >= 10), key=str)
    compared = 0
    for number in np.random.default_rng(2).permutation(len(keys))[:DRAWN]:
        key = keys[number]
        fitted = KaplanMeierFitter().fit(*cohorts[key])
        row = mart.loc[key]
        for name, left_over in QUANTILES.items():
            curve = fitted.survival_function_["KM_estimate"]
            # lifelines has no tolerance where its curve misses the share by a rounding
            if np.abs(curve - left_over).min() > ROUNDING:
                expected = qth_survival_time(left_over, curve)
                found = row[f"{name}_duration"]
                assert found == pytest.approx(expected, abs=1e-6) or (
                    np.isnan(found) and np.isinf(expected)
                ), (key, name)
                compared += np.isfinite(expected)
        # the bounds are not defined where nobody is left
        bounds = fitted.confidence_interval_[fitted.survival_function_["KM_estimate"] > 0]
        lower, upper = sorted(bounds.columns)
        if bounds[upper].is_monotonic_decreasing and bounds[lower].is_monotonic_decreasing:
            ends = median_survival_times(bounds)
            for name, column in (("low", lower), ("high", upper)):
                expected = ends[column].iloc[0]
                found = row[f"median_duration_{name}"]
                assert found == pytest.approx(expected, abs=1e-6) or (
                    np.isnan(found) and np.isinf(expected)
                ), (key, name)
    assert compared > DRAWN / 2


@dataclass(frozen=True)
class Hours:
    """The hours of a calendar, one after the other."""

    opens: np.ndarray
    closes: np.ndarray

    @classmethod
    def of(cls, built: Built, calendar_id: str) -> "Hours":
        """The hours from 2023 to 2027, from the seeds."""
        weeks = built.rows("reference.business_calendars")
        rows = [row for row in weeks if row["calendar_id"] == calendar_id]
        holidays = {
            row["holiday_date"]
            for row in built.rows("reference.holidays")
            if row["calendar_id"] == calendar_id
        }
        zone = ZoneInfo(rows[0]["time_zone"])
        spans = []
        for number in range(5 * 365):
            day = date(2023, 1, 1) + timedelta(days=number)
            for row in rows:
                is_in_force = row["valid_from"] <= day < (row["valid_to"] or date.max)
                if row["weekday"] == day.isoweekday() and is_in_force and day not in holidays:
                    spans.append([_moment(day, row[name], zone) for name in HOURS])
        opens, closes = np.array(sorted(spans), dtype=float).T
        return cls(opens, closes)

    def worked(self, moments: pd.Series) -> np.ndarray:
        """Hours worked from the first opening to each moment."""
        seconds = moments.to_numpy().astype("datetime64[us]").astype(np.int64)[:, None] / 1e6
        before = np.concatenate([[0], np.cumsum(self.closes - self.opens)])
        index = np.searchsorted(self.opens, seconds[:, 0], side="right")
        last = np.maximum(index - 1, 0)
        inside = np.clip(seconds[:, 0] - self.opens[last], 0, (self.closes - self.opens)[last])
        return np.asarray(np.where(index > 0, before[last] + inside, 0.0) / 3600)


HOURS = ("opens_at", "closes_at")


def _moment(day: date, wall: str, zone: ZoneInfo) -> float:
    hour, minute = map(int, wall.split(":"))
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    # wall-clock arithmetic: the offset is that of the hour meant
    return (midnight + timedelta(hours=hour, minutes=minute)).timestamp()


def _calendars(built: Built, rows: pd.DataFrame) -> pd.Series:
    """Calendar of the owner at entry; the reporting calendar where there is none."""
    versions = built.table("intermediate.int_person_versions")
    pairs = rows[["person_key", "entered_at"]].reset_index().merge(versions, on="person_key")
    owned = pairs[pairs["entered_at"].between(pairs["valid_from"], pairs["valid_to"], "left")]
    owned = owned[["index", "entered_at", "source_system", "owner_rep_id"]]
    reps = built.table("intermediate.int_rep_validity")
    pairs = owned.merge(
        reps, left_on=["source_system", "owner_rep_id"], right_on=["source_system", "rep_id"]
    )
    day = pairs["entered_at"].dt.normalize()
    known = pairs[day.between(pairs["valid_from"], pairs["valid_to"], "left")]
    by_row = known.set_index("index")["calendar_id"].reindex(rows.index)
    calendars = {row["calendar_id"] for row in built.rows("reference.business_calendars")}
    return by_row.where(by_row.isin(calendars), "default")


def _curve(values: np.ndarray, is_ended: np.ndarray) -> Iterator[np.ndarray]:
    """Times at which something ended, the share left after each, and its 95 % interval."""
    times, ended = np.unique(values[is_ended], return_counts=True)
    at_risk = len(values) - np.searchsorted(np.sort(values), times, side="left")
    survival = np.cumprod(1 - ended / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(ended / (at_risk * (at_risk - ended)))
        width = 1.959963984540054 * np.sqrt(variance) / np.abs(np.log(survival))
        low, high = survival ** np.exp(width), survival ** np.exp(-width)
    is_defined = survival > 0
    return iter(
        (times, survival, np.where(is_defined, low, np.nan), np.where(is_defined, high, np.nan))
    )


def _first(times: np.ndarray, is_reached: np.ndarray) -> float:
    return float(times[is_reached.argmax()]) if is_reached.any() else np.nan
