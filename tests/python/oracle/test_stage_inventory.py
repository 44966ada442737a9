"""All of mart_stage_inventory, by asking of each day who was in the stage at its end."""

import itertools

import numpy as np
import pandas as pd
from built import Built

KEYS = ["segment_type", "segment_value", "stage", "date_day"]
MAIN = ["lead", "mql", "sal", "sql", "opportunity", "customer"]
SIDES = ["recycled", "disqualified", "lost"]
NEVER = np.datetime64("2200-01-01")


def test_every_day_has_the_stock_and_the_ages_of_the_oracle(built: Built) -> None:
    stints = built.table("core.fct_stage_stints").assign(all="all")
    # the reporting time zone of the tests is UTC
    stints["entered"] = stints["entered_at"].to_numpy().astype("datetime64[D]")
    stints["exited"] = stints["exited_at"].dt.normalize().fillna(NEVER)
    as_of = np.datetime64(built.as_of, "D")
    days = np.arange(stints["entered"].min().to_datetime64().astype("datetime64[D]"), as_of + 1)
    last_of_month = (days + 1).astype("datetime64[M]") != days.astype("datetime64[M]")
    is_month_end = last_of_month | (days == as_of)
    horizons = built.table("reference.conversion_horizons").set_index(["from_stage", "to_stage"])
    horizon = {
        stage: horizons.at[(stage, later), "horizon_days"]
        for stage, later in itertools.pairwise(MAIN)
    }
    parts = []
    for segment_type in ("all", "channel"):
        for segment, members in stints.groupby(segment_type):
            for stage in MAIN + SIDES:
                rows = _series(members[members["stage"] == stage], days, horizon.get(stage))
                rows.loc[~is_month_end, "median_age_days"] = np.nan
                keys = {"segment_type": segment_type, "segment_value": segment, "stage": stage}
                parts.append(rows.assign(**keys))
    expected = pd.concat(parts)
    found = built.table("marts.mart_stage_inventory")
    assert set(found["segment_type"]) == {"all", "channel"}
    pd.testing.assert_frame_equal(
        found.set_index(KEYS)[expected.columns.difference(KEYS)].sort_index().astype(float),
        expected.set_index(KEYS)[expected.columns.difference(KEYS)].sort_index().astype(float),
        check_index_type=False,
        rtol=0,
        atol=1e-9,
    )


def _series(stints: pd.DataFrame, days: np.ndarray, horizon: int | None) -> pd.DataFrame:
    """The rows of one stage and segment."""
    entered = stints["entered"].to_numpy().astype("datetime64[D]")
    exited = stints["exited"].to_numpy().astype("datetime64[D]")
    rows = []
    for day in days:
        ages = (day - entered[(entered <= day) & (exited > day)]).astype(int)
        aged = np.nan if horizon is None else np.count_nonzero(ages > horizon)
        rows.append(
            {
                "date_day": pd.Timestamp(day),
                "opening_count": np.count_nonzero((entered < day) & (exited >= day)),
                "inflow_count": np.count_nonzero(entered == day),
                "outflow_count": np.count_nonzero(exited == day),
                "closing_count": len(ages),
                "age_0_to_7_count": np.count_nonzero(ages <= 7),
                "age_8_to_30_count": np.count_nonzero((ages > 7) & (ages <= 30)),
                "age_31_to_90_count": np.count_nonzero((ages > 30) & (ages <= 90)),
                "age_over_90_count": np.count_nonzero(ages > 90),
                "aged_count": aged,
                "aged_rate": aged / len(ages) if len(ages) else np.nan,
                "mean_age_days": ages.mean() if len(ages) else np.nan,
                "median_age_days": np.median(ages) if len(ages) else np.nan,
                "is_small_n": len(ages) < 30,
            }
        )
    return pd.DataFrame(rows)
