"""Deals, orders and credit as people really have them: each case has its right value by hand."""

import csv
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from landed_cases import land_cases

from orchestration.warehouse.paths import Warehouse

CASES = (
    "credit_of_one_account",
    "closed_without_outcome",
    "lost_deal_only_in_opportunities",
    "refund_larger_than_order",
    "subscription_only_customer",
    "sla_rep_left",
    "no_release_month_without_leads",
    "form_and_creation_counted_as_two_touches",
    "visitor_history_before_the_lead",
)

VARIANTS: dict[str, list[dict[str, str]]] = {
    "leads": [
        {"lead_id": lead, "created_at": at, "channel": channel, "email": f"{lead}@credit.example"}
        for lead, at, channel in (
            # an MQL in a month of which nothing else is known
            ("quiet", "2023-11-10 10:00", "direct"),
            # deals
            ("held", "2024-01-02 10:00", "google"),
            ("back", "2024-01-02 10:00", "google"),
            ("undated", "2024-01-02 10:00", "google"),
            ("lost", "2024-01-02 10:00", "google"),
            ("by_stage", "2024-01-02 10:00", "google"),
            # orders
            ("first", "2024-01-02 10:00", "google"),
            ("second", "2024-01-02 10:00", "bing"),
            ("noted", "2024-01-02 10:00", "bing"),
            ("only_note", "2024-01-02 10:00", "bing"),
            ("free", "2024-01-02 10:00", "bing"),
            # touches
            ("slow", "2024-01-05 10:00", "paid_search"),
            ("late", "2024-01-05 10:00", "paid_search"),
            ("shared_a", "2024-01-05 10:00", "direct"),
            ("shared_b", "2024-01-05 10:00", "direct"),
        )
    ],
    "lead_status_changes": [
        {"event_id": "1", "lead_id": "quiet", "changed_at": "2023-12-05 10:00", "to_status": "mql"},
    ],
    "opportunities": [
        {"currency": "EUR", "amount": "100", "created_at": "2024-01-03 10:00", **deal}
        for deal in (
            {"opportunity_id": "held1", "lead_id": "held", "stage": "lost", "is_won": "false"}
            | {"closed_at": "2024-02-01 10:00", "lost_reason": "price"},
            {"opportunity_id": "held2", "lead_id": "held", "stage": "proposal"},
            {"opportunity_id": "back1", "lead_id": "back", "stage": "lost", "is_won": "false"}
            | {"closed_at": "2024-02-01 10:00", "lost_reason": "price"},
            {"opportunity_id": "back2", "lead_id": "back", "stage": "proposal"}
            | {"created_at": "2024-05-01 10:00"},
            {"opportunity_id": "undated1", "lead_id": "undated", "stage": "Closed Won"},
            {"opportunity_id": "lost1", "lead_id": "lost", "stage": "Closed Lost"},
            {"opportunity_id": "stage1", "lead_id": "by_stage", "stage": "Closed Won"}
            | {"closed_at": "2024-02-01 10:00"},
        )
    ],
    "orders": [
        {"currency": "EUR", "status": "paid", "ordered_at": "2024-03-01 10:00", **order}
        for order in (
            {"order_id": "1", "customer_id": "one", "lead_id": "first", "amount": "500"},
            {"order_id": "2", "customer_id": "one", "lead_id": "second", "amount": "400"},
            # names nobody: the customer's first person
            {"order_id": "3", "customer_id": "one", "amount": "30"},
            # names a lead that was never landed, and a deal that was
            {"order_id": "4", "customer_id": "two", "lead_id": "nobody", "amount": "70"}
            | {"opportunity_id": "stage1"},
            {"order_id": "5", "customer_id": "noted", "lead_id": "noted", "amount": "200"},
            {"order_id": "6", "customer_id": "noted", "lead_id": "noted", "amount": "-50"}
            | {"ordered_at": "2024-02-01 10:00", "status": "refunded"},
            {"order_id": "7", "customer_id": "noted", "lead_id": "noted", "amount": "100"}
            | {"refunded_amount": "-20"},
            {"order_id": "8", "customer_id": "only_note", "lead_id": "only_note", "amount": "-50"},
        )
    ],
    "subscriptions": [
        {"subscription_id": "1", "customer_id": "free", "lead_id": "free", "mrr": "0"}
        | {"started_at": "2024-03-01 10:00", "currency": "EUR"},
    ],
    "activities": [
        {"activity_id": str(number), "activity_type": kind, "channel": "paid_search"}
        | {"occurred_at": at, "lead_id": lead, "visitor_id": visitor}
        for number, (lead, visitor, kind, at) in enumerate(
            (
                # nine minutes and a half after, eleven before
                ("slow", "", "demo_request", "2024-01-05 10:09:30"),
                ("late", "", "demo_request", "2024-01-05 09:49:00"),
                # a browser of two persons
                ("", "w1", "pricing_page_view", "2024-01-01 10:00"),
                ("shared_a", "w1", "form_submit", "2024-01-05 10:00"),
                ("shared_b", "w1", "form_submit", "2024-01-05 10:00"),
            )
        )
    ],
    # a rep needs no role; one who came back is there
    "reps": [
        {"rep_id": "ana", "valid_from": "2020-01-01", "name": "Ana", "left_on": "2021-01-31"},
        {"rep_id": "ana", "valid_from": "2023-01-01", "name": "Ana", "left_on": ""},
    ],
    "targets": [
        {"metric": "mql", "period_start": "2024-01-01", "period_end": "2024-01-31"}
        | {"target_value": "10", "version": "1"},
        {"metric": "mql", "period_start": "2024-01-01", "period_end": "2024-02-15"}
        | {"target_value": "15", "version": "2"},
    ],
}
VARIANTS["leads"][0]["owner_rep_id"] = "ana"


@pytest.fixture(scope="module")
def warehouse(built_warehouse: Callable[..., Warehouse], landed: Callable[..., Path]) -> Warehouse:
    return built_warehouse("credit_cases", landed("credit_cases", _land), "files")


def _land(landing: Path) -> None:
    land_cases(landing, *CASES)
    for table, rows in VARIANTS.items():
        path = landing / table / "variants.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = list(dict.fromkeys(name for row in rows for name in row))
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, [*columns, "source_system"])
            writer.writeheader()
            writer.writerows(row | {"source_system": "variants"} for row in rows)


@pytest.fixture(scope="module")
def rows(warehouse: Warehouse, query: Callable[..., Any]) -> Callable[[str], list[tuple[Any, ...]]]:
    return lambda sql: query(warehouse.current_database, sql)


Rows = Callable[[str], list[tuple[Any, ...]]]


def _orders(rows: Rows, system: str) -> dict[str, tuple[Any, ...]]:
    """Order -> lead of its person, net amount, channel."""
    found = rows(
        f"""
        select orders.order_id, leads.lead_id, purchases.net_amount, purchases.channel
        from core.fct_purchases as purchases
        inner join core.fct_orders as orders using (order_key)
        inner join core.dim_leads as leads on purchases.person_key = leads.lead_key
        where purchases.source_system = '{system}'
        """
    )
    return {order: tuple(rest) for order, *rest in found}


def _touches(rows: Rows, system: str, lead: str) -> list[tuple[Any, ...]]:
    return rows(
        f"""
        select touches.touch_type, touches.channel
        from core.fct_touches as touches
        inner join core.dim_leads as leads on touches.person_key = leads.lead_key
        where leads.source_system = '{system}' and leads.lead_id = '{lead}'
        order by touches.touch_number
        """
    )


def _path(rows: Rows, system: str, lead: str) -> list[tuple[Any, ...]]:
    """Cycle, stage and reason of each stint."""
    return rows(
        f"""
        select stints.cycle_number, stints.stage, stints.reason
        from core.fct_stage_stints as stints
        inner join core.dim_leads as leads on stints.person_key = leads.lead_key
        where leads.source_system = '{system}' and leads.lead_id = '{lead}'
        order by stints.stint_number
        """
    )


def _findings(rows: Rows, system: str) -> set[tuple[Any, ...]]:
    return set(
        rows(
            f"""
            select finding, record_id, amount
            from marts.mart_deal_findings
            where source_system = '{system}'
            """
        )
    )


def test_an_order_is_credited_to_its_own_lead(rows: Rows) -> None:
    orders = _orders(rows, "credit_of_one_account")
    assert {order: (lead, net) for order, (lead, net, _) in orders.items()} == {
        "1": ("A1", Decimal(800)),
        "2": ("B1", Decimal(500)),
        "3": ("C1", Decimal(400)),
    }
    assert orders["3"][2] == "bing"
    assert rows(
        """
        select revenue_amount, revenue_source
        from core.fct_new_customers as customers
        inner join core.dim_leads as leads on customers.person_key = leads.lead_key
        where leads.source_system = 'credit_of_one_account' and leads.lead_id = 'C1'
        """
    ) == [(Decimal(400), "order")]


def test_an_order_without_its_own_person_falls_back_to_its_deal_and_its_customer(
    rows: Rows,
) -> None:
    orders = _orders(rows, "variants")
    assert {number: orders[number] for number in ("1", "2", "3", "4")} == {
        "1": ("first", Decimal(500), "google"),
        "2": ("second", Decimal(400), "bing"),
        "3": ("first", Decimal(30), "google"),
        "4": ("by_stage", Decimal(70), "google"),
    }


def test_revenue_follows_the_channel_that_earned_it(rows: Rows) -> None:
    revenue = rows(
        """
        select segment_value, net_revenue_amount
        from marts.mart_customer_value
        where
            period_type = 'all' and segment_type = 'channel'
            and segment_value in ('google', 'bing')
        """
    )
    # google: B1 500, and 500 + 30 + 70 of the variants; bing: C1 400, 400, and 150 + 80 - 50
    assert dict(revenue) == {"google": Decimal(1100), "bing": Decimal(980)}


def test_a_win_without_a_date_is_a_win_at_an_unknown_moment(rows: Rows) -> None:
    deals = rows(
        """
        select opportunity_id, is_won, is_open, has_unknown_close, closed_date
        from core.fct_opportunities
        where has_unknown_close
        order by opportunity_id
        """
    )
    assert deals == [
        ("OF", True, False, True, None),
        ("lost1", False, False, True, None),
        ("undated1", True, False, True, None),
    ]
    assert ("won_without_date", "OF", Decimal(60)) in _findings(rows, "credit_of_one_account")
    assert rows(
        """
        select leads.lead_id, persons.current_stage, persons.outcome_without_moment
        from core.dim_persons as persons
        inner join core.dim_leads as leads on persons.person_key = leads.lead_key
        where persons.outcome_without_moment is not null
        order by leads.lead_id
        """
    ) == [
        ("D1", "opportunity", "customer"),
        ("lost", "opportunity", "lost"),
        ("undated", "opportunity", "customer"),
    ]
    assert not rows(
        """
        select 1
        from marts.mart_lead_priorities as places
        inner join core.dim_persons as persons using (person_key)
        where persons.outcome_without_moment is not null
        """
    )
    # in the pipeline, in no month; among the won deals of the whole, and of no month
    pipeline = rows(
        """
        select segment_value, won_opportunities, won_amount
        from marts.mart_pipeline
        where
            period_type = 'unscheduled' and segment_type = 'source_system'
            and won_opportunities > 0
        order by segment_value
        """
    )
    assert pipeline == [("credit_of_one_account", 1, Decimal(60)), ("variants", 1, Decimal(100))]
    won = "select sum(won_deals) from marts.mart_customer_value where segment_type = 'all'"
    (whole,), (months,) = (
        *rows(f"{won} and period_type = 'all'"),
        *rows(f"{won} and period_type = 'month'"),
    )
    assert whole - months == 2


def test_a_close_without_an_outcome_is_open_and_overdue(rows: Rows) -> None:
    assert rows(
        """
        select open_opportunities, overdue_opportunities, open_amount, weighted_amount
        from marts.mart_pipeline
        where
            segment_type = 'source_system' and segment_value = 'closed_without_outcome'
            and period_type = 'month' and period_start_date = date '2024-06-01'
        """
    ) == [(1, 1, Decimal(800), Decimal(400))]
    assert _findings(rows, "closed_without_outcome") == {
        ("closed_without_outcome", "P2", Decimal(800))
    }


def test_the_stage_says_how_a_deal_without_an_outcome_ended(rows: Rows) -> None:
    assert rows(
        """
        select is_won, closed_date from core.fct_opportunities where opportunity_id = 'stage1'
        """
    ) == [(True, date(2024, 2, 1))]
    assert _path(rows, "variants", "by_stage")[-1] == (1, "customer", None)


def test_a_lost_deal_ends_the_stage_of_its_person(rows: Rows) -> None:
    system = "lost_deal_only_in_opportunities"
    assert _path(rows, system, "a11") == [
        (1, "lead", None),
        (1, "mql", None),
        (1, "opportunity", None),
        (1, "lost", "price"),
    ]
    assert rows(
        f"""
        select outcome, reason, outcome_at
        from core.fct_stage_outcomes
        where source_system = '{system}' and stage = 'opportunity'
        """
    ) == [("lost", "price", datetime(2024, 3, 25, 10))]
    assert not rows(
        f"""
        select 1
        from marts.mart_lead_priorities as places
        inner join core.dim_leads as leads on places.person_key = leads.lead_key
        where leads.source_system = '{system}' and leads.lead_id = 'a11'
        """
    )


def test_another_open_deal_holds_the_stage_and_a_later_one_begins_a_cycle(rows: Rows) -> None:
    held = [(1, "lead", None), (1, "opportunity", None)]
    assert _path(rows, "variants", "held") == held
    assert _path(rows, "variants", "back") == [
        *held,
        (1, "lost", "price"),
        (2, "opportunity", None),
    ]


def test_a_refund_above_its_order_is_flagged(rows: Rows) -> None:
    assert _orders(rows, "refund_larger_than_order")["o_e01"][1] == Decimal(-50)
    assert _findings(rows, "refund_larger_than_order") == {
        ("refund_over_order", "o_e01", Decimal(50))
    }


def test_a_credit_note_lowers_the_revenue_and_buys_nothing(rows: Rows) -> None:
    assert rows(
        """
        select orders.order_id, purchases.purchase_number, purchases.net_amount
        from core.fct_purchases as purchases
        inner join core.fct_orders as orders using (order_key)
        where orders.customer_id in ('noted', 'only_note') and orders.source_system = 'variants'
        order by orders.order_id
        """
    ) == [
        ("5", 1, Decimal(200)),
        ("6", None, Decimal(-50)),
        ("7", 2, Decimal(80)),
        ("8", None, Decimal(-50)),
    ]
    assert _path(rows, "variants", "only_note") == [(1, "lead", None)]
    assert rows(
        """
        select stints.entered_at
        from core.fct_stage_stints as stints
        inner join core.dim_leads as leads on stints.person_key = leads.lead_key
        where leads.source_system = 'variants' and leads.lead_id = 'noted' and stage = 'customer'
        """
    ) == [(datetime(2024, 3, 1, 10),)]


def test_a_customer_known_by_a_subscription_is_a_customer(rows: Rows) -> None:
    assert rows(
        """
        select leads.lead_id, customers.converted_date
        from core.fct_new_customers as customers
        inner join core.dim_leads as leads on customers.person_key = leads.lead_key
        where leads.source_system = 'subscription_only_customer'
        """
    ) == [("v3", date(2024, 4, 10))]
    # one that costs nothing is no purchase
    assert _path(rows, "variants", "free") == [(1, "lead", None)]


def test_a_clock_says_that_its_owner_had_left(rows: Rows) -> None:
    clocks = rows(
        """
        select leads.lead_id, clocks.status, clocks.is_start_owner_gone
        from core.fct_sla_clocks as clocks
        inner join core.dim_leads as leads on clocks.person_key = leads.lead_key
        where
            clocks.policy_key = 'decision_2_days'
            and (clocks.source_system = 'sla_rep_left' or leads.lead_id = 'quiet')
        order by leads.lead_id
        """
    )
    assert clocks == [("c04", "open_breached", True), ("quiet", "open_breached", False)]
    assert _findings(rows, "sla_rep_left") == {("owner_had_left", "r_left", None)}


def test_a_rep_needs_no_role(rows: Rows) -> None:
    assert rows(
        "select rep_name, role, left_date from core.dim_reps where source_system = 'variants'"
    ) == [("Ana", "unassigned", None)]


def test_a_month_without_leads_is_published(rows: Rows) -> None:
    assert rows(
        """
        select distinct leads, mqls
        from marts.mart_campaign_roi
        where segment_type = 'all' and period_start_date = date '2023-12-01'
        """
    ) == [(0, 1)]


@pytest.mark.parametrize("lead", ["a09", "a09c"])
def test_the_form_that_made_the_lead_is_one_touch(rows: Rows, lead: str) -> None:
    touches = _touches(rows, "form_and_creation_counted_as_two_touches", lead)
    assert touches == [("creation", "paid_search")]


def test_a_form_is_the_creation_within_ten_minutes(rows: Rows) -> None:
    creation = ("creation", "paid_search")
    assert _touches(rows, "variants", "slow") == [creation]
    assert _touches(rows, "variants", "late") == [("demo_request", "paid_search"), creation]


def test_a_visitor_who_is_named_later_brings_the_earlier_touches(rows: Rows) -> None:
    system = "visitor_history_before_the_lead"
    assert _touches(rows, system, "v1") == [
        ("pricing_page_view", "paid_search"),
        ("creation", "direct"),
    ]
    credit = rows(
        f"""
        select credits.attribution_model, credits.channel, credits.weight
        from core.fct_attributions as credits
        inner join core.dim_leads as leads on credits.person_key = leads.lead_key
        where
            leads.source_system = '{system}' and leads.lead_id = 'v1'
            and credits.attribution_model in ('first', 'last')
        order by 1
        """
    )
    assert credit == [("first", "paid_search", 1.0), ("last", "direct", 1.0)]


def test_a_browser_of_two_persons_is_nobodys(rows: Rows) -> None:
    assert _touches(rows, "variants", "shared_a") == [("creation", "direct")]
    assert _touches(rows, "variants", "shared_b") == [("creation", "direct")]


def test_a_later_version_of_a_target_replaces_what_it_overlaps(rows: Rows) -> None:
    assert rows(
        "select target_value, period_end_date from core.fct_targets where metric = 'mql'"
    ) == [(15.0, date(2024, 2, 15))]
