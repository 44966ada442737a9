"""The facts and marts of customers, recomputed from the landed files."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from statistics import mean, stdev
from typing import Any

import pytest
from built import Built
from comparing import PERIOD, assert_same, ratio, rows_by, wilson
from reference_customers import (
    Customer,
    Order,
    ReferenceCustomers,
    customer_key,
    month_end,
    month_starts,
    period_end,
    periods_of,
    whole_months,
)
from reference_funnel import Key, surrogate
from scipy.stats import norm

Z = float(norm.ppf(0.975))


@pytest.fixture(scope="module")
def reference(built: Built) -> ReferenceCustomers:
    return ReferenceCustomers(built)


def test_customers_are_accounts_with_a_person_and_its_segments(
    built: Built, reference: ReferenceCustomers
) -> None:
    expected = {
        (customer_key(customer.key),): {
            "person_key": customer.person,
            **customer.segments,
            "first_purchase_date": customer.first_purchase,
            "customer_since_date": customer.since,
        }
        for customer in reference.customers.values()
    }
    assert_same(rows_by(built, "core.dim_customers", "customer_key"), expected)


def test_purchases_are_the_paid_orders(built: Built, reference: ReferenceCustomers) -> None:
    expected = {}
    for order in reference.purchases:
        customer, day = reference.customers[order.customer], order.at.date()
        expected[surrogate(order.customer[0], order.order_id),] = {
            "customer_key": customer_key(order.customer),
            "person_key": order.person,
            "channel": order.segments["channel"],
            "purchase_number": order.number,
            "tenure_months": whole_months(customer.first_purchase or day, day),
            "order_amount": order.gross,
            "refunded_amount": order.refunded,
            "net_amount": order.net,
            "margin_amount": order.margin,
        }
    assert_same(rows_by(built, "core.fct_purchases", "order_key"), expected)


def test_subscription_months_are_lived_day_by_day(
    built: Built, reference: ReferenceCustomers
) -> None:
    expected = {}
    for subscription in reference.subscriptions:
        for month in month_starts(subscription.start, subscription.end or reference.today):
            is_ended = subscription.end is not None and subscription.end <= month_end(month)
            expected[surrogate(*subscription.key), month] = {
                "customer_key": customer_key(subscription.customer),
                "cancel_reason": subscription.reason if is_ended else None,
                "mrr_amount": subscription.mrr,
                "is_active_at_start": subscription.start < month,
                "is_active_at_end": not is_ended,
                "is_started": subscription.start >= month,
                "is_ended": is_ended,
                "is_complete": month_end(month) <= reference.today,
            }
    found = rows_by(built, "core.fct_subscription_months", "subscription_key", "month_start_date")
    assert_same(found, expected)


def test_churn_of_customers_and_revenue(built: Built, reference: ReferenceCustomers) -> None:
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for customer, month, state in _customer_months(reference):
        for cut in reference.cuts(customer.segments):
            groups[(month, *cut)].append(state)
    expected = {}
    for key, states in groups.items():
        active = [state for state in states if state["at_start"]]
        churned = sum(not state["at_end"] for state in active)
        mrr = sum(state["mrr_at_start"] for state in states)
        lost = sum(state["churned_mrr"] for state in states)
        more = sum(state["started_mrr"] for state in active)
        low, high = wilson(churned, len(active))
        expected[key] = {
            "customers_at_start": len(active),
            "churned_customers": churned,
            "customers_at_end": sum(state["at_end"] for state in states),
            "gained_customers": sum(state["at_end"] and not state["at_start"] for state in states),
            "subscriptions_at_start": sum(state["subscriptions"] for state in states),
            "ended_subscriptions": sum(state["ended"] for state in states),
            "started_subscriptions": sum(state["started"] for state in states),
            "started_and_ended_subscriptions": sum(state["brief"] for state in states),
            "mrr_at_start_amount": mrr,
            "churned_mrr_amount": lost,
            "expansion_mrr_amount": more,
            "mrr_at_end_amount": sum(state["mrr_at_end"] for state in states),
            "customer_churn_rate": ratio(churned, len(active)),
            "customer_churn_rate_low": low,
            "customer_churn_rate_high": high,
            "revenue_churn_rate": ratio(lost, mrr),
            "net_revenue_churn_rate": ratio(lost - more, mrr),
            "is_small_n": len(active) < 30,
            "is_provisional": month_end(key[0]) > reference.today,
        }
    found = rows_by(
        built, "marts.mart_customer_churn", "month_start_date", "segment_type", "segment_value"
    )
    assert_same(found, expected)


def test_value_of_purchases_and_deals(built: Built, reference: ReferenceCustomers) -> None:
    orders: dict[tuple[Any, ...], list[Order]] = defaultdict(list)
    deals: dict[tuple[Any, ...], list[Decimal | None]] = defaultdict(list)
    active: dict[tuple[Any, ...], set[Key]] = defaultdict(set)
    customers = {customer.key: customer for customer in _known(reference)}
    for order in reference.purchases:
        if order.customer in customers:
            for key in _places(reference, order.at.date(), order.segments):
                orders[key].append(order)
            for key in _places(reference, order.at.date(), customers[order.customer].segments):
                if order.number:
                    active[key].add(order.customer)
    for customer, month, _ in _customer_months(reference):
        for key in _places(reference, month, customer.segments):
            active[key].add(customer.key)
    for deal in reference.opportunities:
        if deal.is_won and deal.order_type == "new" and deal.person:
            for key in _places(reference, deal.closed or reference.today, deal.segments):
                # a win without a day belongs to the whole alone
                if deal.closed or key[0] == "all":
                    deals[key].append(deal.amount)

    expected = {}
    for key in {*active, *deals, *orders}:
        end = reference.today if key[0] == "all" else period_end(key[0], key[1])
        bought, amounts = orders[key], [amount for amount in deals[key] if amount is not None]
        known = [order for order in bought if order.margin is not None]
        margin = sum(order.margin for order in known if order.margin is not None)
        tenures = [
            whole_months(since, min(end, reference.today))
            for since in (customers[customer].since for customer in active[key])
            if since
        ]
        net_known = sum(order.net for order in known)
        expected[key] = {
            "active_customers": len(active[key]),
            "new_customers": sum(order.number == 1 for order in bought),
            "orders": sum(order.number is not None for order in bought),
            "orders_with_cogs": len(known),
            "gross_revenue_amount": sum(order.gross for order in bought),
            "refunded_amount": sum(order.refunded for order in bought),
            "net_revenue_amount": sum(order.net for order in bought),
            **_average_purchase(bought),
            "net_revenue_with_cogs_amount": net_known if known else None,
            "margin_amount": margin if known else None,
            "gross_margin_rate": ratio(margin, net_known),
            "won_deals": len(deals[key]),
            "won_deals_with_amount": len(amounts),
            "won_amount": sum(amounts) if amounts else None,
            **interval("average_deal_amount", amounts),
            "average_tenure_months": mean(tenures) if tenures else None,
            "is_small_n": sum(order.number is not None for order in bought) < 30,
            "is_small_n_of_deals": len(amounts) < 30,
            "is_provisional": key[0] == "all" or end > reference.today,
        }
    assert_same(rows_by(built, "marts.mart_customer_value", *PERIOD), expected)


def test_lifetime_of_the_customers_that_are_old_enough(
    built: Built, reference: ReferenceCustomers
) -> None:
    orders: dict[Any, list[Order]] = defaultdict(list)
    for order in reference.purchases:
        orders[order.customer].append(order)
    cohorts: dict[tuple[Any, ...], int] = defaultdict(int)
    groups: dict[tuple[Any, ...], list[tuple[Decimal, Decimal | None]]] = defaultdict(list)
    for customer in _known(reference):
        first = customer.first_purchase
        if first is None:
            continue
        keys: list[tuple[Any, ...]] = [
            ("all", reference.first_day, *cut) for cut in reference.cuts(customer.segments)
        ]
        month = ("month", first.replace(day=1))
        keys += [(*month, "all", "all"), (*month, "channel", customer.segments["channel"])]
        for key in keys:
            cohorts[key] += 1
        for months in range(1, whole_months(first, reference.today) + 1):
            bought = [
                order
                for order in orders[customer.key]
                if whole_months(first, order.at.date()) < months
            ]
            net = sum((order.net for order in bought), Decimal(0))
            margins = [order.margin for order in bought if order.margin is not None]
            margin = sum(margins, Decimal(0)) if len(margins) == len(bought) else None
            for key in keys:
                groups[(*key, months)].append((net, margin))
    expected = {}
    for key, values in groups.items():
        margins = [margin for _, margin in values if margin is not None]
        expected[key] = {
            "cohort_customers": cohorts[key[:-1]],
            "customers": len(values),
            "customers_with_margin": len(margins),
            "net_revenue_amount": sum(net for net, _ in values),
            **interval("revenue_per_customer_amount", [net for net, _ in values]),
            "margin_amount": sum(margins) if margins else None,
            **interval("observed_ltv_amount", margins),
            "mature_share": len(values) / cohorts[key[:-1]],
            "is_small_n": len(margins) < 30,
            "is_provisional": len(values) < cohorts[key[:-1]],
        }
    found = rows_by(built, "marts.mart_customer_lifetime", *PERIOD, "tenure_months")
    assert expected
    assert_same(found, expected)


def test_lifetime_value_against_the_cost_of_acquisition(
    built: Built, reference: ReferenceCustomers
) -> None:
    bought, margins = _bought(reference)
    won: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for row in built.rows("core.fct_new_customers"):
        for key in _places(reference, row["converted_date"], row):
            won[key].append(row["person_key"])
    costs = _costs(built, reference)
    subscribed: dict[tuple[Any, ...], list[tuple[Key, dict[str, Any]]]] = defaultdict(list)
    for customer, month, state in _customer_months(reference):
        if state["at_start"] and month_end(month) <= reference.today:
            for key in _places(reference, month, customer.segments):
                subscribed[key].append((customer.key, state))

    expected = {}
    for key in {*won, *costs, *subscribed}:
        orders = [order for person in won[key] for order in bought[person]]
        known = [order for order in orders if order.margin is not None]
        net = sum(order.net for order in orders)
        net_known = sum(order.net for order in known)
        known_margin = ratio(sum(order.margin or 0 for order in known), net_known)
        per_customer = ratio(net, len(won[key]))
        cac = ratio(costs[key], len(won[key])) if key in costs else None
        observed = product(per_customer, known_margin)
        states = [state for _, state in subscribed[key]]
        at_risk = len({customer for customer, _ in subscribed[key]})
        churned = sum(not state["at_end"] for state in states)
        low, high = wilson(churned, len(states))
        rate = ratio(
            sum(order.margin or 0 for order in margins[key]),
            sum(order.net for order in margins[key]),
        )
        mrr = ratio(sum(state["mrr_at_start"] for state in states), len(states))
        monthly = product(mrr, rate)
        can = churned > 0 and at_risk >= 30
        projected = ratio(monthly, churned / len(states)) if can else None
        expected[key] = {
            "new_customers": len(won[key]),
            "buying_customers": sum(bool(bought[person]) for person in won[key]),
            "cost_amount": costs.get(key),
            "cac_amount": cac,
            "net_revenue_amount": net,
            "revenue_per_customer_amount": per_customer,
            "cohort_margin_rate": known_margin,
            "known_cogs_share": ratio(net_known, net) if known else None,
            "observed_ltv_amount": observed,
            "subscribers": at_risk,
            "customer_months": len(states),
            "churned_customers": churned,
            "monthly_churn_rate": ratio(churned, len(states)),
            "monthly_churn_rate_low": low,
            "monthly_churn_rate_high": high,
            "average_mrr_amount": mrr,
            "gross_margin_rate": rate,
            "monthly_margin_amount": monthly,
            "projected_ltv_amount": projected,
            "projected_ltv_amount_low": ratio(monthly, high) if can else None,
            "projected_ltv_amount_high": ratio(monthly, low) if can else None,
            "observed_ltv_to_cac": ratio(observed, cac),
            "projected_ltv_to_cac": ratio(projected, cac),
            "is_small_n": at_risk < 30,
        }
    assert any(row["projected_ltv_to_cac"] for row in expected.values())
    assert_same(rows_by(built, "marts.mart_customer_ltv", *PERIOD), expected)


def product(one: float | None, other: float | None) -> float | None:
    """Null where either is unknown."""
    return None if one is None or other is None else one * other


def interval(name: str, amounts: list[Decimal]) -> dict[str, float | None]:
    """A mean, and the normal interval around it."""
    values = [float(amount) for amount in amounts]
    middle = mean(values) if values else None
    margin = Z * stdev(values) / len(values) ** 0.5 if len(values) > 1 else None
    return {
        name: middle,
        f"{name}_low": None if middle is None or margin is None else middle - margin,
        f"{name}_high": None if middle is None or margin is None else middle + margin,
    }


def _places(
    reference: ReferenceCustomers, day: date, segments: dict[str, str]
) -> Iterable[tuple[Any, ...]]:
    """The rows of a mart by period and segment that something of that day counts in."""
    for period in periods_of(day, reference.first_day):
        for cut in reference.cuts(segments):
            yield (*period, *cut)


def _average_purchase(bought: list[Order]) -> dict[str, float | None]:
    """Net revenue per purchase; its interval is unknown where credit notes are among them."""
    name = "average_purchase_amount"
    purchases = [order for order in bought if order.number]
    if len(purchases) == len(bought):
        return interval(name, [order.net for order in bought])
    average = ratio(sum(order.net for order in bought), len(purchases))
    return {name: average, f"{name}_low": None, f"{name}_high": None}


def _bought(
    reference: ReferenceCustomers,
) -> tuple[dict[str | None, list[Order]], dict[tuple[Any, ...], list[Order]]]:
    """The purchases of each person; and those of known cost, by period and segment."""
    customers = {customer.key: customer for customer in _known(reference)}
    by_person: dict[str | None, list[Order]] = defaultdict(list)
    by_place: dict[tuple[Any, ...], list[Order]] = defaultdict(list)
    for order in reference.purchases:
        if order.customer in customers:
            customer = customers[order.customer]
            by_person[order.person].append(order)
            if order.margin is not None:
                for key in _places(reference, order.at.date(), customer.segments):
                    by_place[key].append(order)
    return by_person, by_place


def _costs(built: Built, reference: ReferenceCustomers) -> dict[tuple[Any, ...], Decimal]:
    costs: dict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
    for row in built.rows("core.fct_allocated_costs"):
        if row["segment_type"] == "channel" and row["month_start_date"] <= reference.today:
            channel = "unallocated" if row["channel"] == "unassigned" else row["channel"]
            for period in periods_of(row["month_start_date"], reference.first_day):
                costs[(*period, "channel", channel)] += row["cost_amount"]
                costs[(*period, "all", "all")] += row["cost_amount"]
    return costs


def _known(reference: ReferenceCustomers) -> list[Customer]:
    return [customer for customer in reference.customers.values() if customer.person]


def _customer_months(
    reference: ReferenceCustomers,
) -> Iterable[tuple[Customer, date, dict[str, Any]]]:
    """What the subscriptions of a customer did in a month, of customers whose person is known."""
    by_customer = defaultdict(list)
    for subscription in reference.subscriptions:
        by_customer[subscription.customer].append(subscription)
    for customer in _known(reference):
        held = by_customer[customer.key]
        months = {month for s in held for month in month_starts(s.start, s.end or reference.today)}
        for month in months:
            last = month_end(month)
            begun = [s for s in held if s.start <= last]
            start = [s for s in begun if s.start < month and (s.end is None or s.end >= month)]
            end = [s for s in begun if s.end is None or s.end > last]
            new = [s for s in begun if s.start >= month]
            gone = [s for s in start if s not in end]
            yield (
                customer,
                month,
                {
                    "at_start": bool(start),
                    "at_end": bool(end),
                    "subscriptions": len(start),
                    "ended": len(gone),
                    "started": len(new),
                    "brief": sum(s not in end for s in new),
                    "mrr_at_start": sum(s.mrr for s in start),
                    "mrr_at_end": sum(s.mrr for s in end),
                    "churned_mrr": sum(s.mrr for s in gone),
                    "started_mrr": sum(s.mrr for s in new if s in end),
                },
            )
