"""The pipeline and its slippage, recomputed from the versions of the landed opportunities."""

from collections import defaultdict
from datetime import date
from typing import Any

import pytest
from built import Built
from comparing import PERIOD, assert_same, ratio, rows_by, wilson
from landed_rows import read_landed
from reference_customers import (
    Opportunity,
    ReferenceCustomers,
    month_end,
    period_end,
    periods_of,
)
from reference_funnel import surrogate


@pytest.fixture(scope="module")
def reference(built: Built) -> ReferenceCustomers:
    return ReferenceCustomers(built)


def test_forecasts_are_what_the_versions_said_by_as_of(
    built: Built, reference: ReferenceCustomers
) -> None:
    expected = {}
    for deal in reference.opportunities:
        days = deal.expectations
        expected[surrogate(*deal.key),] = {
            "person_key": deal.person,
            **deal.segments,
            "order_type": deal.order_type,
            "opportunity_amount": deal.amount,
            "probability": deal.probability,
            "weighted_amount": deal.weighted,
            "times_moved": max(len(days) - 1, 0),
            "days_slipped": (days[-1] - days[0]).days if days else None,
            "is_counted": deal.is_counted,
            "is_open": deal.is_open,
            "is_won": deal.is_won,
            "is_overdue": bool(deal.is_open and days and days[-1] < reference.today),
            "is_due": bool(days and days[0] < reference.today),
            "created_date": deal.created,
            "closed_date": deal.closed,
            "first_expected_close_date": days[0] if days else None,
            "expected_close_date": days[-1] if days else None,
        }
    assert_same(rows_by(built, "core.fct_opportunity_forecasts", "opportunity_key"), expected)


def test_every_move_of_an_expected_close(built: Built, reference: ReferenceCustomers) -> None:
    expected = {}
    for deal in reference.opportunities:
        for number, day in enumerate(deal.expectations, start=1):
            before = deal.expectations[number - 2] if number > 1 else None
            expected[surrogate(*deal.key), number] = {
                "previous_expected_close_date": before,
                "expected_close_date": day,
                "days_moved": (day - before).days if before else None,
                "is_first": before is None,
            }
    found = rows_by(built, "core.fct_expected_close_changes", "opportunity_key", "change_number")
    assert_same(found, expected)


def test_pipeline_against_what_is_still_to_win(built: Built, reference: ReferenceCustomers) -> None:
    groups: dict[tuple[Any, ...], list[Opportunity]] = defaultdict(list)
    for deal in reference.opportunities:
        if not deal.is_counted or not (deal.is_open or deal.is_won):
            continue
        day = deal.closed or (deal.expectations[-1] if deal.expectations else None)
        periods: list[tuple[str, date | None]] = [("unscheduled", None)]
        if day:
            periods = [*periods_of(day, reference.first_day)[:3]]
        for period in periods:
            for cut in reference.cuts(deal.segments):
                groups[(*period, *cut)].append(deal)
    won: dict[tuple[Any, ...], int] = defaultdict(int)
    for row in built.rows("core.fct_new_customers"):
        for period in periods_of(row["converted_date"], reference.first_day)[:3]:
            for cut in reference.cuts(row):
                won[(*period, *cut)] += 1
    targets = _targets(built)

    expected = {}
    for key in {*groups, *won, *(place for _, place in targets)}:
        is_open = [deal for deal in groups[key] if deal.is_open]
        overdue = [d for d in is_open if d.expectations and d.expectations[-1] < reference.today]
        new = [deal for deal in is_open if deal.order_type == "new"]
        wins = [deal for deal in groups[key] if deal.is_won]
        amount = sum(deal.amount or 0 for deal in is_open)
        weighted = sum(deal.weighted or 0 for deal in is_open)
        won_amount = float(sum(deal.amount or 0 for deal in wins))
        chances = sum(deal.probability or 0 for deal in new)
        revenue, count = targets.get(("revenue", key)), targets.get(("customer", key))
        to_win = None if revenue is None or won_amount >= revenue else revenue - won_amount
        customers = None if count is None or won[key] >= count else count - won[key]
        expected[key] = {
            "open_opportunities": len(is_open),
            "open_without_amount": sum(deal.amount is None for deal in is_open),
            "open_without_probability": sum(deal.probability is None for deal in is_open),
            "overdue_opportunities": len(overdue),
            "open_amount": amount,
            "weighted_amount": weighted,
            "overdue_amount": sum(deal.amount or 0 for deal in overdue),
            "won_opportunities": len(wins),
            "won_amount": won_amount,
            "revenue_target_amount": revenue,
            "revenue_to_win_amount": to_win,
            "pipeline_coverage": ratio(amount, to_win),
            "weighted_pipeline_coverage": ratio(weighted, to_win),
            "target_attainment": ratio(won_amount, revenue),
            "pipeline_vs_target": ratio(won_amount + float(weighted), revenue),
            "open_new_opportunities": len(new),
            "expected_new_wins": chances,
            "new_customers": won[key],
            "customer_target": count,
            "customers_to_win": customers,
            "customer_coverage": ratio(len(new), customers),
            "weighted_customer_coverage": ratio(chances, customers),
            "is_revenue_target_met": None if revenue is None else won_amount >= revenue,
            "is_customer_target_met": None if count is None else won[key] >= count,
            "is_begun": bool(key[1] and key[1] <= reference.today),
        }
    assert any(row["customer_coverage"] for row in expected.values())
    assert_same(rows_by(built, "marts.mart_pipeline", *PERIOD), expected)


def test_what_became_of_the_promises(built: Built, reference: ReferenceCustomers) -> None:
    groups: dict[tuple[Any, ...], list[Opportunity]] = defaultdict(list)
    for deal in reference.opportunities:
        if deal.is_counted and deal.expectations:
            for cut in reference.cuts(deal.segments):
                groups[(deal.expectations[0].replace(day=1), *cut)].append(deal)
    expected = {}
    for key, deals in groups.items():
        wins = [deal for deal in deals if deal.is_won and deal.closed]
        on_time = [d for d in wins if d.closed and d.closed <= d.expectations[0]]
        due = [deal for deal in deals if deal.expectations[0] < reference.today]
        due_on_time = [deal for deal in due if deal in on_time]
        slips = [(deal.expectations[-1] - deal.expectations[0]).days for deal in deals]
        slipped = sum(days > 0 for days in slips)
        amounts = [deal.amount for deal in deals if deal.amount is not None]
        low, high = wilson(len(due_on_time), len(due))
        slip_low, slip_high = wilson(slipped, len(deals))
        is_open = [deal for deal in deals if deal.is_open]
        expected[key] = {
            "promised_opportunities": len(deals),
            "won_on_time_opportunities": len(on_time),
            "won_late_opportunities": len(wins) - len(on_time),
            "lost_opportunities": len(deals) - len(is_open) - len(wins),
            "open_opportunities": len(is_open),
            "overdue_opportunities": sum(d.expectations[-1] < reference.today for d in is_open),
            "due_opportunities": len(due),
            "due_won_on_time_opportunities": len(due_on_time),
            "moved_opportunities": sum(len(deal.expectations) > 1 for deal in deals),
            "slipped_opportunities": slipped,
            "times_moved": sum(len(deal.expectations) - 1 for deal in deals),
            "average_days_slipped": sum(slips) / len(deals),
            "promised_amount": sum(amounts) if amounts else None,
            "won_on_time_amount": sum(deal.amount or 0 for deal in on_time),
            "won_on_time_rate": ratio(len(due_on_time), len(due)),
            "won_on_time_rate_low": low,
            "won_on_time_rate_high": high,
            "slippage_rate": slipped / len(deals),
            "slippage_rate_low": slip_low,
            "slippage_rate_high": slip_high,
            "mature_share": len(due) / len(deals),
            "is_small_n": len(deals) < 30,
            "is_provisional": bool(is_open) or month_end(key[0]) > reference.today,
        }
    found = rows_by(
        built, "marts.mart_pipeline_slippage", "month_start_date", "segment_type", "segment_value"
    )
    assert_same(found, expected)


def _targets(built: Built) -> dict[tuple[str, tuple[Any, ...]], float]:
    """The last version of each target that is set for a calendar month, quarter or year."""
    rows = read_landed(built.landing, "targets").staged
    rows.sort(key=lambda row: row["source_system"], reverse=True)
    rows.sort(key=lambda row: row["version"])
    found = {}
    for row in rows:
        if row["metric"] not in ("revenue", "customer"):
            continue
        start, end = row["period_start"], row["period_end"]
        for period_type in ("month", "quarter", "year"):
            begins = dict(periods_of(start, start))[period_type] == start
            if begins and period_end(period_type, start) == end:
                cut = tuple(row["segment"].split("=")) if row["segment"] else ("all", "all")
                found[row["metric"], (period_type, start, *cut)] = row["target_value"]
    return found
