"""Pace, plan, traffic and leads generated, each recomputed and compared row by row."""

import math
from collections import defaultdict
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import product
from typing import Any

import duckdb
import numpy as np
import pytest
from built import Built
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment
from reference_funnel import STAGES, ReferenceFunnel, surrogate
from reference_plan import (
    STEPS,
    WHOLE,
    YEAR,
    Cut,
    Rate,
    ReferencePlan,
    cuts,
    days,
    last_of_month,
)
from scipy.stats import norm

from orchestration.contract import PROJECT_DIR
from simulator import model


@pytest.fixture(scope="module")
def plan(companies: Built) -> ReferencePlan:
    """The reference for them."""
    return ReferencePlan(companies.reference, companies.recorded)


@pytest.fixture(scope="module")
def cut_types(plan: ReferencePlan) -> set[str]:
    """Segments that the reference knows of."""
    return {"all", *(segment for _, _, segments in plan.leads for segment in segments)}


def test_leads_are_generated_by_the_means_that_the_raw_records_tell(
    companies: Built, plan: ReferencePlan
) -> None:
    expected = {
        surrogate(*person): (*plan.mechanism(person), day, segments["channel"])
        for person, day, segments in plan.leads
    }
    found = {
        row["person_key"]: (
            row["mechanism"],
            row["mechanism_evidence"],
            row["created_date"],
            row["channel"],
        )
        for row in companies.rows("core.fct_leads_generated")
    }
    assert found == expected
    assert {evidence for _, evidence, *_ in expected.values()} >= {"lead_source", "none"}
    monthly: dict[tuple[Any, ...], int] = defaultdict(int)
    for mechanism, _, day, channel in expected.values():
        monthly[day.replace(day=1), mechanism, channel] += 1
    assert monthly == {
        (row["month_start_date"], row["mechanism"], row["channel"]): row["leads_generated"]
        for row in companies.rows("marts.mart_leads_generated")
    }


def test_arrivals_are_counted_once(
    companies: Built, plan: ReferencePlan, cut_types: set[str]
) -> None:
    found = {
        (row["stage"], row["arrival_date"], _cut(row)): row["arrivals"]
        for row in companies.rows("core.fct_stage_arrivals")
        if row["segment_type"] in cut_types
    }
    assert len(found) > 1000
    assert found == plan.arrivals


def test_pace_goes_by_the_working_days(
    companies: Built, plan: ReferencePlan, cut_types: set[str]
) -> None:
    monthly: dict[tuple[str, date, Cut], int] = defaultdict(int)
    for (stage, day, cut), arrivals in plan.arrivals.items():
        if stage != "visitor":
            monthly[stage, day.replace(day=1), cut] += arrivals
    names = {stage: stage for stage in STAGES} | {"leads_generated": "lead"}
    targets = plan.monthly_targets(names)
    first = min(month for _, month, _ in monthly)
    full = {cut for *_, cut in monthly if cut[0] in ("all", "channel")}
    months = sorted({day.replace(day=1) for day in days(first, plan.today)})
    expected = {*monthly, *targets, *product(STAGES, months, full)}
    dates = companies.rows("core.dim_dates")
    first_day = min(row["date_day"] for row in dates)
    rows = {
        (row["metric"], row["month_start_date"], _cut(row)): row
        for row in companies.rows("marts.mart_working_day_pace")
        if row["segment_type"] in cut_types
    }
    assert set(rows) == expected
    for key, row in rows.items():
        month = key[1]
        total = plan.working_days(month, last_of_month(month))
        elapsed = plan.working_days(month, min(last_of_month(month), plan.today))
        before = None
        if month > first_day:
            before = plan.working_days(
                (month - timedelta(days=1)).replace(day=1), month - timedelta(days=1)
            )
        actual, target = monthly.get(key, 0), targets.get(key)
        due = None if target is None else target * elapsed / total
        is_complete = last_of_month(month) <= plan.today
        assert (row["actual"], row["target_value"]) == (actual, target), key
        assert (row["working_days"], row["elapsed_working_days"]) == (total, elapsed), key
        assert row["previous_working_days"] == before, key
        assert row["per_working_day"] == _close(actual / elapsed if elapsed else None), key
        assert row["required_change"] == _close(before / total - 1 if before else None), key
        assert row["target_so_far"] == _close(due), key
        assert row["target_pace"] == _close(actual / due if due else None), key
        assert row["is_month_complete"] == is_complete, key
        ends = _prediction(actual, (total - elapsed) / elapsed) if elapsed else (None,) * 3
        assert row["projection"] == _close(ends[0]), key
        assert row["projection_low"] == _close(ends[1]), key
        assert row["projection_high"] == _close(ends[2]), key
    # a Saturday in the middle of the month, a target of 0, of a segment, and one to come
    november = rows["lead", date(2024, 11, 1), WHOLE]
    assert (november["working_days"], november["elapsed_working_days"]) == (21, 11)
    assert rows["sql", date(2024, 11, 1), ("country", "ES")]["target_pace"] is None
    assert rows["mql", date(2025, 1, 1), ("channel", "social")]["projection"] is None


@pytest.mark.parametrize("per_day", [0.2, 0.5, 2.0, 10.0])
@pytest.mark.parametrize("elapsed", [1, 5, 11, 18])
def test_projections_hold_the_end_of_the_month_in_95_of_100(per_day: float, elapsed: int) -> None:
    """If leads come by chance at one rate: 4,000 months, within three points of 95 %."""
    rng = np.random.default_rng(1)
    seen = rng.poisson(per_day * elapsed, 4000)
    rest = rng.poisson(per_day * (21 - elapsed), 4000)
    held = [
        low <= a + b <= high
        for a, b in zip(seen, rest, strict=True)
        for _, low, high in [_prediction(int(a), (21 - elapsed) / elapsed)]
    ]
    assert np.mean(held) == pytest.approx(0.95, abs=0.03)


def test_trailing_rates_are_those_of_a_year_of_first_entries(
    companies: Built, plan: ReferencePlan, cut_types: set[str]
) -> None:
    rows = {
        (row["from_stage"], row["to_stage"], _cut(row)): row
        for row in companies.rows("core.fct_trailing_rates")
        if row["segment_type"] in cut_types
    }
    assert set(rows) == set(plan.rates)
    assert len(rows) > 500
    for key, rate in plan.rates.items():
        row = rows[key]
        assert (row["numerator"], row["denominator"]) == (rate.numerator, rate.denominator), key
        assert row["conversion_rate"] == _close(rate.exact), key
        low, high = rate.interval or (None, None)
        assert row["conversion_rate_low"] == _close(low), key
        assert row["conversion_rate_high"] == _close(high), key
        assert row["median_lag_days"] == _close(rate.lag), key
        assert row["is_small_n"] == (rate.denominator < 30), key
    # more leads than visitors, and no visitors
    assert rows["visitor", "lead", ("channel", "cold_call")]["conversion_rate"] is None
    assert rows["visitor", "lead", ("channel", "ghost")]["conversion_rate"] == 0


def test_who_is_in_flight_is_expected_by_the_time_waited(
    companies: Built, plan: ReferencePlan, cut_types: set[str]
) -> None:
    rows = {
        (row["from_stage"], row["to_stage"], row["expected_date"], _cut(row)): row
        for row in companies.rows("core.fct_in_flight")
        if row["segment_type"] in cut_types
    }
    assert set(rows) == set(plan.in_flight)
    assert len(rows) > 500
    for key, (persons, expectation) in plan.in_flight.items():
        assert rows[key]["open_persons"] == persons, key
        assert rows[key]["expected_persons"] == pytest.approx(expectation, abs=1e-9), key


def test_as_many_come_as_were_in_flight(companies: Built, plan: ReferencePlan) -> None:
    """The companies go on for six weeks: who came to the next stages within the horizon.

    Open persons x the plain rate would have been far too many.
    """
    later = ReferenceFunnel(
        companies.landing, datetime(2024, 12, 31, 23), companies.reference.score_events
    )
    came = expected = plain = 0.0
    for from_stage, to_stage in [("lead", "mql"), ("lead", "sal"), ("mql", "sal")]:
        horizon = timedelta(days=plan.horizons[from_stage, to_stage])
        rate = plan.rates[from_stage, to_stage, ("source_system", "simulated_1")]
        for person, stints in plan.funnel.stints.items():
            stint = stints[-1]
            if (
                stint.stage == from_stage
                and person[0].startswith("simulated")
                and plan.as_of - stint.event.at < horizon
                and (person, to_stage) not in plan.first_reached
                and later.person_of.get(person) == person
            ):
                plain += float(rate.exact or 0)
                came += any(
                    now.event.at < stint.event.at + horizon
                    and now.stage in STAGES
                    and STAGES.index(now.stage) >= STAGES.index(to_stage)
                    for now in later.stints[person]
                    if now.event.at > plan.as_of
                )
        expected += sum(
            expectation
            for (of, to, _, cut), (_, expectation) in plan.in_flight.items()
            if (of, to) == (from_stage, to_stage)
            and cut[0] == "source_system"
            and cut[1].startswith("simulated")
        )
    assert expected > 10
    assert abs(came - expected) < 3 * math.sqrt(expected)
    assert plain > 1.8 * expected


def test_plans_are_worked_backwards(companies: Built, plan: ReferencePlan) -> None:
    rows = {
        (row["goal_metric"], row["period_start_date"], row["period_end_date"], _cut(row),
         row["scenario"], row["stage"]): row
        for row in companies.rows("marts.mart_plan")
    }  # fmt: skip
    goals = {key: value for key, value in plan.targets.items() if key[0] in ("revenue", "customer")}
    stages = ("customer", *STEPS)
    scenarios = ("low", "expected", "high")
    assert set(rows) == {
        (*goal, scenario, stage) for goal in goals for scenario in scenarios for stage in stages
    }
    average = _average_deals(companies, plan)
    reasons = set()
    in_flight = 0.0
    for (metric, start, end, cut), value in goals.items():
        deal = average.get(cut)
        deals: Fraction | None = Fraction(value)
        if metric == "revenue":
            deals = Fraction(value) / deal if deal else None
        for scenario in scenarios:
            for stage, (needed, reason) in plan.needed(deals, cut, scenario).items():
                key = (metric, start, end, cut, scenario, stage)
                row = rows[key]
                lag = plan.lag(stage, cut)
                reasons.add(reason)
                assert row["unknown_reason"] == reason, key
                assert row["average_deal_amount"] == _close(deal), key
                assert row["needed"] == _close(needed), key
                assert row["needed_count"] == (None if needed is None else math.ceil(needed)), key
                assert row["lag_days"] == lag, key
                if lag is None:
                    for name in ("arrived_count", "in_flight", "gap", "gap_count", "is_past"):
                        assert row[name] is None, key
                    continue
                first, last = start - timedelta(days=lag), end - timedelta(days=lag)
                arrived = sum(plan.arrivals.get((stage, day, cut), 0) for day in days(first, last))
                coming = plan.coming(stage, first, last, cut, scenario)
                in_flight += coming
                tomorrow = plan.today + timedelta(days=1)
                left = plan.working_days(max(first, tomorrow), last)
                assert (row["needed_from_date"], row["needed_by_date"]) == (first, last), key
                assert row["arrived_count"] == arrived, key
                assert row["in_flight"] == pytest.approx(coming, abs=1e-9), key
                assert row["working_days_left"] == left, key
                assert row["is_past"] == (last <= plan.today), key
                gap = None if needed is None else float(needed) - arrived - coming
                assert row["gap"] == _close(gap), key
                per_day = max(gap, 0) / left if gap is not None and left else None
                assert row["gap_per_working_day"] == _close(per_day), key
    assert in_flight > 10
    assert {None, "no average deal", "no rate from visitor to lead"} <= reasons


def test_traffic_and_what_came_of_it(companies: Built, plan: ReferencePlan) -> None:
    sums = _traffic_sums(plan)
    targets = {
        ("month", start, cut): value
        for (_, start, cut), value in plan.monthly_targets({"mql": "mql"}).items()
        if cut[0] in ("all", "channel")
    }
    rows = {
        (row["period_type"], row["period_start_date"], _cut(row)): row
        for row in companies.rows("marts.mart_traffic")
    }
    assert set(rows) == set(sums) | set(targets)
    for key, row in rows.items():
        of = sums.get(key, {})
        for name in ("visitors", "sessions", "pageviews", "bounces", "leads", "web_leads"):
            assert row[name] == of.get(name, 0), (key, name)
        for name in ("mature_web_leads", "converted_web_leads"):
            assert row[name] == of.get(name, 0), (key, name)
        assert row["social_shares"] == of.get("social_shares"), key
        assert row["search_position"] == _close(_ratio(of, "weighted", "weight")), key
        assert row["pages_per_session"] == _close(_ratio(of, "pageviews", "sessions")), key
        assert row["bounce_rate"] == _close(_ratio(of, "bounces", "sessions")), key
        rate = Rate(int(of.get("web_leads", 0)), int(of.get("visitors", 0)))
        low, high = rate.interval or (None, None)
        bought_rate = _ratio(of, "converted_web_leads", "mature_web_leads")
        through = None
        if rate.exact is not None and bought_rate is not None:
            through = float(rate.exact) * bought_rate
        assert row["visitor_to_lead_rate"] == _close(rate.exact), key
        assert row["visitor_to_lead_rate_low"] == _close(low), key
        assert row["visitor_to_lead_rate_high"] == _close(high), key
        assert row["lead_to_customer_rate"] == _close(bought_rate), key
        assert row["visitor_to_customer_rate"] == _close(through), key
        assert row["mature_share"] == _close(_ratio(of, "mature_web_leads", "web_leads")), key
        target = targets.get(key)
        assert row["mql_target"] == target, key
        to_lead, to_mql = (
            plan.rates.get((*pair, key[2]), Rate()).exact
            for pair in [("visitor", "lead"), ("lead", "mql")]
        )
        takes = None
        if target is not None and to_lead and to_mql:
            takes = math.ceil(Fraction(target) / (to_lead * to_mql))
        assert row["traffic_needed"] == takes, key
    assert rows["month", date(2024, 11, 1), ("channel", "cold_call")]["traffic_needed"] is None
    assert rows["month", date(2025, 1, 1), ("channel", "social")]["traffic_needed"] > 0


def test_the_visitors_rate_of_each_channel_is_recovered(large_company: Built) -> None:
    """Leads per visitor, as the company was made, within four standard errors of their number.

    The model counts lead ids, the warehouse persons: without the duplicates, tests and deleted.
    """
    persons_per_lead = (1 - model.DUPLICATE_SHARE) * (1 - model.TEST_SHARE - model.DELETED_SHARE)
    found = {
        row["segment_value"]: row
        for row in large_company.rows("core.fct_trailing_rates")
        if row["from_stage"] == "visitor" and row["segment_type"] == "channel"
    }
    true = {c.key: c.visitor_to_lead for c in model.CHANNELS if c.visitor_to_lead}
    assert set(found) == set(true)
    for channel, rate in true.items():
        row = found[channel]
        allowed = 4 / math.sqrt(row["numerator"]) + 0.005
        assert row["conversion_rate"] == pytest.approx(rate * persons_per_lead, rel=allowed)
        assert allowed < 0.15


_SHARES = st.integers(1, 2_000).flatmap(
    lambda total: st.integers(1, total).map(lambda part: Fraction(part, total))
)


@given(
    goal=st.integers(1, 10_000_000_000),
    deal=st.integers(1, 100_000_000).map(lambda cents: Fraction(cents, 100)),
    shares=st.lists(_SHARES, min_size=1, max_size=4),
)
def test_the_reverse_funnel_rounds_up_once_and_exactly(
    goal: int, deal: Fraction, shares: list[Fraction]
) -> None:
    """The chain of divisions in doubles, as the mart has it, against exact fractions."""
    exact = Fraction(goal) / deal
    for share in shares:
        exact /= share
    chain = " / ".join(str(float(value)) + "::double" for value in [Fraction(goal), deal, *shares])
    is_hairs_breadth = 0 < exact - math.floor(exact) < exact * Fraction(2, 10**12)
    if exact < 10**11 and not is_hairs_breadth:
        assert _ceil_count(chain) == math.ceil(exact)


def test_golden_numbers_of_the_reverse_funnel() -> None:
    chain = "10000000 / 50000.0"
    assert _ceil_count(chain) == 200
    assert _ceil_count(f"{chain} / 0.25") == 800
    assert _ceil_count(f"{chain} / 0.25 / 0.2") == 4000
    assert _ceil_count("21 / 0.7::double") == 30


def _ceil_count(expression: str) -> int:
    source = (PROJECT_DIR / "macros" / "arithmetic" / "ceil_count.sql").read_text(encoding="utf-8")
    macros: Any = Environment(autoescape=False).from_string(source).module
    row = duckdb.sql(f"select {macros.ceil_count(expression)}").fetchone()
    assert row is not None
    return int(row[0])


def _prediction(actual: int, ratio: float) -> tuple[float, float, float]:
    """The end of a month, and the interval for it.

    The rest y of a month that has had x: a z-test of y = r x, of two Poisson counts of one rate,
    does not refuse it. The roots of (y - r x)^2 = z^2 r (x + y).
    """
    z = float(norm.ppf(0.975))
    roots = np.roots(
        [1, -2 * ratio * actual - z**2 * ratio, (ratio * actual) ** 2 - z**2 * ratio * actual]
    )
    low, high = sorted(float(root.real) for root in roots)
    return actual * (1 + ratio), actual + max(0.0, low), actual + high


def _traffic_sums(plan: ReferencePlan) -> dict[tuple[str, date, Cut], dict[str, float]]:
    """Visits, leads and what became of them, by month or day and channel."""
    sums: dict[tuple[str, date, Cut], dict[str, float]] = defaultdict(lambda: defaultdict(float))

    def add(day: date, channel: str, **values: float) -> None:
        for period, start in (("month", day.replace(day=1)), ("day", day)):
            for cut in (WHOLE, ("channel", channel)):
                for name, value in values.items():
                    sums[period, start, cut][name] += value

    for row in plan.traffic:
        names = ("visitors", "sessions", "pageviews", "bounces")
        add(row["traffic_date"], row["channel"], **{name: row[name] for name in names})
        if row["social_shares"] is not None:
            add(row["traffic_date"], row["channel"], social_shares=row["social_shares"])
        if row["search_position"] is not None:
            weight = row["visitors"]
            values = {"weight": weight, "weighted": row["search_position"] * weight}
            add(row["traffic_date"], row["channel"], **values)
    horizon = timedelta(days=plan.horizons["lead", "customer"])
    for person, day, segments in plan.leads:
        channel = segments["channel"]
        add(day, channel, leads=1)
        if plan.is_measured(channel, day):
            add(day, channel, web_leads=1)
            entry = plan.first_entries.get((person, "lead"))
            if entry is None or entry.observed is None or not plan.is_told(entry, "customer"):
                continue
            if entry.observed.event.at + horizon <= plan.as_of:
                bought_at = plan.funnel.converted_at(entry, "customer")
                in_time = bought_at and bought_at < entry.observed.event.at + horizon
                add(day, channel, mature_web_leads=1, converted_web_leads=bool(in_time))
    return sums


def _average_deals(companies: Built, plan: ReferencePlan) -> dict[Cut, Fraction]:
    buyers = {
        surrogate(*person): entry.shown_by.segments
        for (person, stage), entry in plan.first_reached.items()
        if stage == "customer"
    }
    amounts = defaultdict(list)
    for row in companies.rows("core.fct_opportunities"):
        if (
            row["is_won"]
            and row["order_type"] == "new"
            and row["closed_date"] is not None
            and row["closed_date"] > plan.today - YEAR
            and row["opportunity_amount"] is not None
            and row["person_key"] is not None
        ):
            for cut in cuts(buyers[row["person_key"]]):
                amounts[cut].append(Fraction(row["opportunity_amount"]))
    return {cut: sum(values, Fraction(0)) / len(values) for cut, values in amounts.items()}


def _ratio(of: dict[str, float], over: str, under: str) -> float | None:
    return of.get(over, 0) / of[under] if of.get(under) else None


def _close(value: float | Fraction | None) -> Any:
    return None if value is None else pytest.approx(float(value), rel=1e-9, abs=1e-12)


def _cut(row: dict[str, Any]) -> Cut:
    return row["segment_type"], row["segment_value"]
