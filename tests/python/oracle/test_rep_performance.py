"""fct_rep_months from landed files, and mart_rep_performance from it by pandas and SciPy."""

from collections import defaultdict
from datetime import date, timedelta
from math import atanh, sqrt, tanh
from typing import Any

import numpy as np
import pandas as pd
import pytest
from built import Built
from reference_funnel import ReferenceFunnel, seed, surrogate
from scipy.stats import binomtest, rankdata, spearmanr
from service_clocks import ServiceClocks
from work_diary import seeded_diaries

DAY = timedelta(days=1)
REP = ["rep_key", "role"]
EFFORTS = ["contacts", "calls", "emails", "meetings", "demos", "contact_minutes"]
DEALS = ["opportunities_opened", "opportunities_closed", "opportunities_won", "won_amount"]
STAGES = ["sal", "sql", "opportunity"]
MQLS = ["mqls_worked", *(f"{s}_{kind}" for s in STAGES for kind in ("mature_mqls", "mqls"))]
RATES = {
    "mql_to_sal_rate": ("sal_mqls", "sal_mature_mqls"),
    "mql_to_sql_rate": ("sql_mqls", "sql_mature_mqls"),
    "mql_to_opportunity_rate": ("opportunity_mqls", "opportunity_mature_mqls"),
    "win_rate": ("opportunities_won", "opportunities_closed"),
}
Months = dict[tuple[str, date], dict[str, Any]]
Spells = dict[tuple[str, str], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def months(built: Built) -> pd.DataFrame:
    return built.table("core.fct_rep_months")


@pytest.fixture(scope="module")
def mart(built: Built) -> pd.DataFrame:
    return built.table("marts.mart_rep_performance")


def test_months_are_those_of_the_landed_records(built: Built, months: pd.DataFrame) -> None:
    expected = _months(built)
    assert len(expected) > 30
    for row in months.to_dict("records"):
        key = row["rep_key"], row["month_start_date"].date()
        due = expected.pop(key)
        found = {name: _number(row[name]) for name in due}
        assert found == pytest.approx(due, abs=0.005), key
    assert not expected


def test_periods_are_sums_of_months(months: pd.DataFrame, mart: pd.DataFrame) -> None:
    sums = ["present_working_days", *EFFORTS, *MQLS, *DEALS]
    months = months.assign(won_amount=months["won_amount"].astype(float))
    mart = mart.assign(won_amount=mart["won_amount"].astype(float))
    mart = mart.rename(columns={"period_start_date": "month_start_date"})
    for period, keys in {"month": [*REP, "month_start_date"], "all": REP}.items():
        due = months.groupby(keys)[sums].sum(min_count=1).sort_index()
        found = mart[mart["period_type"] == period].set_index(keys)[sums].sort_index()
        pd.testing.assert_frame_equal(found, due, check_dtype=False)


def test_days_and_rates(mart: pd.DataFrame) -> None:
    for row in mart.to_dict("records"):
        days = _number(row["present_working_days"])
        for effort in EFFORTS:
            per_day = row[effort] / days if days else None
            assert _number(row[f"{effort}_per_working_day"]) == pytest.approx(per_day), row
        for rate, (numerator, denominator) in RATES.items():
            k, n = int(row[numerator]), int(row[denominator])
            due = (k / n, *binomtest(k, n).proportion_ci(method="wilson")) if n else (None,) * 3
            found = [_number(row[f"{rate}{end}"]) for end in ("", "_low", "_high")]
            assert found == pytest.approx(list(due), abs=1e-9), row


def test_reps_are_compared_with_those_of_their_role(mart: pd.DataFrame) -> None:
    compared = 0
    for _, rows in mart.groupby(["period_type", "period_start_date", "role"], dropna=False):
        role = rows["role"].iloc[0]
        stand = rows[rows["is_declared"] & (rows["present_working_days"].fillna(0) > 0)]
        stand = stand[stand["role"].isin(["sdr", "bdr", "ae"])]
        assert set(rows.loc[rows["is_compared"], "rep_key"]) == set(stand["rep_key"])
        result = {"sdr": "mql_to_sql_rate", "bdr": "mql_to_sql_rate", "ae": "win_rate"}.get(role)
        figures = {
            "activity": stand.set_index("rep_key")["contacts_per_working_day"],
            "result": stand.set_index("rep_key")[result].dropna() if result else pd.Series(),
        }
        for side, values in figures.items():
            quartiles = {}
            if len(values) >= 4:
                below = rankdata(values, method="min") - 1
                values_of = np.minimum(4, 1 + 4 * below // (len(values) - 1))
                quartiles = dict(zip(values.index, values_of, strict=True))
            found = rows.set_index("rep_key")[f"{side}_quartile"].dropna().to_dict()
            assert found == quartiles, (role, side)
        pairs = pd.concat(figures, axis=1).dropna().astype(float)
        n = len(pairs)
        assert (rows["role_paired_reps"] == n).all()
        due: list[float | None] = [None, None, None]
        if n > 1 and (pairs.nunique() > 1).all():
            r = float(spearmanr(pairs["activity"], pairs["result"]).statistic)
            due[0] = r
            if n > 3 and abs(r) < 1 - 1e-12:
                error = 1.959963984540054 * sqrt((1 + r * r / 2) / (n - 3))
                due[1:] = tanh(atanh(r) - error), tanh(atanh(r) + error)
                compared += 1
        column = "role_activity_result_correlation"
        for row in rows.to_dict("records"):
            found = [_number(row[f"{column}{end}"]) for end in ("", "_low", "_high")]
            assert found == pytest.approx(due, abs=1e-9)
    assert compared


def _months(built: Built) -> Months:
    """The fact's columns by rep and month."""
    zeros = dict.fromkeys([*EFFORTS, *MQLS, *DEALS], 0.0)
    found: Months = defaultdict(lambda: zeros | {"present_working_days": 0})
    spells: Spells = defaultdict(list)
    for row in sorted(built.reference.tables["reps"].staged, key=lambda row: row["valid_from"]):
        spells[row["source_system"], row["rep_id"]].append(row)
    _add_presence(built, found, spells)
    _add_efforts(built.reference, found)
    _add_mqls(built, found)
    _add_deals(built, found)
    declared = {surrogate(*rep): rows[-1] for rep, rows in spells.items()}
    for (key, _), month in found.items():
        last = declared.get(key)
        month["is_declared"] = last is not None
        month["is_present"] = month["present_working_days"] > 0
        if last is None:
            month["present_working_days"] = None
        month.setdefault("role", last["role"] if last else "unassigned")
        month.setdefault("team", (last["team"] if last else None) or "unassigned")
    return dict(found)


def _add_presence(built: Built, found: Months, spells: Spells) -> None:
    """Working days, day by day, from the first row to the last day of work or as_of."""
    diaries = seeded_diaries()
    first_day = built.table("core.dim_dates")["date_day"].min().date()
    for rep, rows in spells.items():
        day = max(rows[0]["valid_from"], first_day)
        until = min(rows[-1]["left_on"] or date.max, built.as_of.date())
        while day <= until:
            row = [line for line in rows if line["valid_from"] <= day][-1]
            known = row["calendar_id"] if row["calendar_id"] in diaries else "default"
            month = found[surrogate(*rep), day.replace(day=1)]
            month["present_working_days"] += bool(diaries[known].hours_on(day))
            month["role"], month["team"] = row["role"], row["team"] or "unassigned"
            day += DAY


def _add_efforts(funnel: ReferenceFunnel, found: Months) -> None:
    """What each rep did, but for test leads."""
    kinds = {row["activity_type"]: row for row in seed("activity_types")}
    for row in funnel.tables["activities"].staged:
        kind = kinds.get(row["activity_type"], {"is_human_outbound": "false"})
        lead = row["source_system"], row["lead_id"]
        if (
            kind["is_human_outbound"] == "true"
            and row["rep_id"]
            and not row["is_automated"]
            and row["direction"] in (None, "out")
            and row["occurred_at"] <= funnel.as_of
            and not (lead in funnel.leads and funnel.disposition(lead) == "test")
        ):
            key = surrogate(row["source_system"], row["rep_id"])
            month = found[key, row["occurred_at"].date().replace(day=1)]
            month["contacts"] += 1
            month["calls"] += kind["mechanism"] == "call"
            month["emails"] += kind["mechanism"] == "email"
            month["meetings"] += row["activity_type"] == "meeting"
            month["demos"] += row["activity_type"] == "demo"
            month["contact_minutes"] += (row["duration_seconds"] or 0) / 60


def _add_mqls(built: Built, found: Months) -> None:
    """What came of the MQLs that each rep contacted first, within the horizons."""
    funnel = built.reference
    horizons = {
        row["to_stage"]: timedelta(days=int(row["horizon_days"]))
        for row in seed("conversion_horizons")
        if row["from_stage"] == "mql"
    }
    workers = {
        (clock["person_key"], clock["cycle_number"]): clock["contact_rep_key"]
        for clock in ServiceClocks(funnel).clocks()
    }
    for entry in funnel.entries:
        worker = workers.get((surrogate(*entry.person), entry.cycle))
        if entry.stage == "mql" and entry.observed and worker:
            start = entry.observed.event.at
            month = found[worker, start.date().replace(day=1)]
            month["mqls_worked"] += 1
            for stage in STAGES:
                is_recorded = (entry.observed.segments["source_system"], stage) in built.recorded
                if start + horizons[stage] <= funnel.as_of and is_recorded:
                    came = funnel.conversion(entry, stage)
                    month[f"{stage}_mature_mqls"] += 1
                    month[f"{stage}_mqls"] += bool(came and came.event.at < start + horizons[stage])


def _add_deals(built: Built, found: Months) -> None:
    """What became of each rep's opportunities."""
    for row in built.rows("core.fct_opportunities"):
        if row["owner_rep_key"]:
            key = row["owner_rep_key"]
            found[key, row["created_date"].replace(day=1)]["opportunities_opened"] += 1
            if row["closed_date"]:
                month = found[key, row["closed_date"].replace(day=1)]
                month["opportunities_closed"] += 1
                if row["is_won"]:
                    month["opportunities_won"] += 1
                    month["won_amount"] += float(row["opportunity_amount"] or 0)


def _number(value: Any) -> Any:
    """null as None, a decimal as a float."""
    if pd.isna(value):
        return None
    return value if isinstance(value, (str, bool, np.bool_)) else float(value)
