"""The source `olist` gives the figures that its raw files give by other means."""

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from orchestration.contract import PROJECT_DIR
from orchestration.warehouse.paths import Warehouse

Rows = list[tuple[Any, ...]]
Query = Callable[[str], Rows]

AS_OF = datetime(2018, 11, 14, 18, 4, 19)
"""The last win, which is the last thing that the export knows of."""
HORIZON = timedelta(days=180)
TOTALS = "cast(sum(entrants) as bigint), sum(numerator), round(sum(numerator) / sum(entrants), 6)"
MONTH = "strftime(period_start_date, '%Y-%m')"


@dataclass(frozen=True)
class Lead:
    """An MQL as the raw files have it."""

    contacted_at: datetime
    won_at: datetime | None

    @property
    def followed(self) -> timedelta:
        return (self.won_at or AS_OF) - self.contacted_at

    def is_won_by(self, age: timedelta) -> bool:
        return self.won_at is not None and self.followed < age


@pytest.fixture(scope="module")
def folder(trial_data: Path) -> Path:
    path = trial_data / "olist"
    if not path.is_dir():
        pytest.skip(f"no trial data in {path}")
    return path


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return figures


@pytest.fixture(scope="module")
def olist(olist_warehouse: Warehouse, query: Callable[..., Rows]) -> Query:
    """A query of the release that the export gives."""
    return lambda sql: query(olist_warehouse.current_database, sql)


@pytest.fixture(scope="module")
def cohorts(folder: Path) -> dict[str, list[Lead]]:
    """The leads by month of first contact."""
    leads = _records(folder / "olist_marketing_qualified_leads_dataset.csv")
    deals = _records(folder / "olist_closed_deals_dataset.csv")
    won_at = {deal["mql_id"]: datetime.fromisoformat(deal["won_date"]) for deal in deals}
    months: dict[str, list[Lead]] = defaultdict(list)
    for lead in leads:
        day = lead["first_contact_date"]
        months[day[:7]].append(Lead(datetime.fromisoformat(day), won_at.get(lead["mql_id"])))
    return dict(months)


def test_leads_customers_and_rate(olist: Query, truth: dict[str, Any]) -> None:
    totals = truth["totals"]
    expected = [(totals["mqls"], totals["deals"], totals["conversion"])]
    assert expected == [(8000, 842, 0.10525)]
    assert _conversion(olist, TOTALS) == expected
    assert _conversion(olist, TOTALS, order="any_order") == expected


def test_every_origin(olist: Query, truth: dict[str, Any]) -> None:
    expected = {
        _channel(row["origin"]): (row["mqls"], row["deals"], row["conversion"])
        for row in truth["by_origin"]
    }
    found = _conversion(olist, f"segment_value, {TOTALS}", segment="channel")
    assert len(expected) == 11
    assert {row[0]: row[1:] for row in found} == expected


def test_every_month_of_first_contact(olist: Query, truth: dict[str, Any]) -> None:
    expected = [
        (row["month"], row["mqls"], row["deals"], row["conversion"])
        for row in truth["by_first_contact_month"]
    ]
    assert _conversion(olist, f"{MONTH}, {TOTALS}") == expected


def test_every_month_of_every_origin(olist: Query, truth: dict[str, Any]) -> None:
    expected = sorted(
        (row["month"], _channel(row["origin"]), row["mqls"], row["deals"])
        for row in truth["mql_by_month_origin"]
    )
    columns = f"{MONTH}, segment_value, entrants, numerator"
    assert _conversion(olist, columns, segment="channel") == expected


def test_days_to_close_of_every_origin(olist: Query, truth: dict[str, Any]) -> None:
    expected = {
        _channel(row["origin"]): (row["avg_days_calendar"], row["median_days_calendar"])
        for row in truth["by_origin"]
    }
    found = olist(
        """
        select
            channel,
            avg(cast(customer_reached_at as date) - cast(mql_observed_at as date)),
            median(cast(customer_reached_at as date) - cast(mql_observed_at as date))
        from core.fct_lead_cycles
        where customer_reached_at is not null
        group by 1
        """
    )
    assert {row[0]: row[1:] for row in found} == {
        channel: pytest.approx(days, abs=1e-6) for channel, days in expected.items()
    }


def test_landing_pages_are_kept(olist: Query, truth: dict[str, Any]) -> None:
    found = olist(
        """
        select lead_source, count(*), count_if(current_stage = 'customer')
        from core.dim_persons
        group by 1
        """
    )
    by_page = {row[0]: row[1:] for row in found}
    assert len(by_page) == truth["totals"]["landing_pages"]
    for page in truth["top_landing_pages"]:
        assert by_page[page["landing_page_id"]] == (page["mqls"], page["deals"])


def test_deal_won_before_first_contact_is_kept_and_flagged(
    olist: Query, truth: dict[str, Any]
) -> None:
    found = olist(
        """
        select
            cycles.outcome,
            cycles.started_at = opportunities.closed_at,
            round(epoch(opportunities.closed_at - persons.created_at) / 86400, 6)
        from core.fct_lead_cycles as cycles
        inner join core.dim_persons as persons using (person_key)
        inner join core.fct_opportunities as opportunities using (person_key)
        where cycles.starts_before_creation
        """
    )
    assert truth["integrity"]["won_before_first_contact_calendar"] == 1
    assert found == [("customer", True, truth["integrity"]["min_days_exact"])]


def test_matured_rate_follows_each_cohort_through_its_horizon(
    olist: Query, cohorts: dict[str, list[Lead]]
) -> None:
    expected = []
    for month, leads in sorted(cohorts.items()):
        mature = [lead for lead in leads if lead.contacted_at + HORIZON <= AS_OF]
        wins = sum(lead.is_won_by(HORIZON) for lead in mature)
        expected.append((month, len(leads), len(mature), wins))
    assert (
        _conversion(olist, f"{MONTH}, entrants, denominator, numerator", kind="matured") == expected
    )
    # the leads of the end of May 2018 were not followed for 180 days
    assert [month for month, entrants, mature, _ in expected if mature < entrants] == ["2018-05"]


def test_survival_is_the_kaplan_meier_estimate(
    olist: Query, cohorts: dict[str, list[Lead]]
) -> None:
    found: dict[str, float] = dict(_conversion(olist, f"{MONTH}, conversion_rate", kind="survival"))
    assert found == {month: pytest.approx(_kaplan_meier(leads)) for month, leads in cohorts.items()}


def test_naive_ratio_divides_the_wins_of_a_month_by_the_leads_of_two_months_before(
    olist: Query, truth: dict[str, Any]
) -> None:
    two_months_on = "strftime(period_start_date + interval 2 months, '%Y-%m')"
    columns = f"{two_months_on}, entrants, numerator"
    found = _conversion(olist, columns, kind="naive_lag", order="any_order")
    wins = {row["month"]: row["deals"] for row in truth["deals_by_won_month"]}
    assert [numerator for *_, numerator in found] == [wins.get(month, 0) for month, *_ in found]
    # 113 wins of February 2018 over the 200 leads of December 2017: 57 %
    assert ("2018-02", 200, 113) in found


def test_matured_and_survival_rates_are_not_the_naive_ratio(olist: Query) -> None:
    matured: dict[str, float] = dict(
        _conversion(olist, f"{MONTH}, conversion_rate", kind="matured")
    )
    survival: dict[str, float] = dict(
        _conversion(olist, f"{MONTH}, conversion_rate", kind="survival")
    )
    naive: dict[str, float] = dict(
        _conversion(olist, f"{MONTH}, conversion_rate", kind="naive_lag", order="any_order")
    )
    # 9 of 200 leads of December 2017 were won within 180 days, and 11 to date
    assert matured["2017-12"] == 0.04
    assert survival["2017-12"] == pytest.approx(0.04)
    assert naive["2017-12"] == 0.565
    # and the ratio falls as the wins run out, while the leads are as good as before
    assert matured["2018-05"] > 3 * naive["2018-05"]
    assert matured["2018-05"] != survival["2018-05"]


def test_sales_of_the_won_sellers_are_whole(olist: Query, truth: dict[str, Any]) -> None:
    revenue = truth["funnel_revenue"]
    found = olist(
        """
        select
            count(distinct customer_key),
            count(*),
            cast(sum(original_amount) as double),
            min(currency),
            max(currency)
        from core.fct_orders
        where person_key is not null
        """
    )
    assert found == [
        (revenue["with_any_sale"], revenue["items"], revenue["price_plus_freight"], "BRL", "BRL")
    ]


def test_sellers_with_sales_of_every_origin(olist: Query, truth: dict[str, Any]) -> None:
    found = olist(
        """
        select persons.channel, count(distinct orders.person_key)
        from core.fct_orders as orders
        inner join core.dim_persons as persons using (person_key)
        group by 1
        """
    )
    assert dict(found) == {
        _channel(row["origin"]): row["activated"]
        for row in truth["funnel_revenue_by_origin"]
        if row["activated"]
    }


def test_value_of_the_won_sellers(olist: Query, folder: Path, truth: dict[str, Any]) -> None:
    revenue = truth["funnel_revenue"]
    found = olist(
        """
        select active_customers, new_customers, orders, orders_with_cogs, net_revenue_amount,
            margin_amount, won_deals, won_deals_with_amount, average_deal_amount
        from marts.mart_customer_value
        where period_type = 'all' and segment_type = 'all'
        """
    )
    sellers, items = revenue["with_any_sale"], revenue["items"]
    in_euros = sum(sum(amounts) for amounts in _sales_in_euros(folder).values())
    # an item costs what its price and freight are; nobody says what the goods or the deals cost
    assert found == [(sellers, sellers, items, 0, in_euros, None, revenue["closed_deals"], 0, None)]
    # and in the money that was paid, without the rates
    assert olist(
        """
        select count(distinct customer_key), cast(sum(orders.original_amount) as double)
        from core.fct_purchases as purchases
        inner join core.fct_orders as orders using (order_key, customer_key)
        where purchases.person_key is not null
        """
    ) == [(380, 775_815.63)]


def test_lifetime_value_of_every_origin(olist: Query, folder: Path, truth: dict[str, Any]) -> None:
    sales = _sales_in_euros(folder)
    expected = {}
    for row in truth["funnel_revenue_by_origin"]:
        amount = sum(sales.get(row["origin"], []))
        expected[_channel(row["origin"])] = (
            row["deals"],
            row["activated"],
            amount,
            pytest.approx(float(amount) / row["deals"]),
            # without a cost of goods there is no margin, and without subscriptions no churn
            *(None, None, None, None),
        )
    found = olist(
        """
        select segment_value, new_customers, buying_customers, net_revenue_amount,
            revenue_per_customer_amount, observed_ltv_amount, projected_ltv_amount, cac_amount,
            observed_ltv_to_cac
        from marts.mart_customer_ltv
        where period_type = 'all' and segment_type = 'channel'
        """
    )
    assert {row[0]: row[1:] for row in found} == expected
    lifetime = olist(
        """
        select segment_value, customers, net_revenue_amount
        from marts.mart_customer_lifetime
        where period_type = 'all' and segment_type = 'channel' and tenure_months = 1
        """
    )
    assert {row[0] for row in lifetime} <= set(expected)
    assert all(row[1] <= expected[row[0]][1] and row[2] <= expected[row[0]][2] for row in lifetime)


def test_deals_of_every_sales_rep(olist: Query, truth: dict[str, Any]) -> None:
    found = olist(
        """
        select reps.rep_id, count(*)
        from core.fct_opportunities as opportunities
        inner join core.dim_reps as reps on opportunities.owner_rep_key = reps.rep_key
        group by 1
        """
    )
    assert dict(found) == {row["sr_id"]: row["deals"] for row in truth["deals_by_sr_id"]}


def test_every_landed_row_is_staged(olist: Query) -> None:
    found = olist(
        """
        select contract_table, landed_rows, staged_rows, nulled_rows
        from core.fct_landed_files
        order by 1
        """
    )
    assert found == [
        ("lead_status_changes", 8000, 8000, 0),
        ("leads", 8000, 8000, 0),
        ("opportunities", 842, 842, 0),
        ("orders", 112650, 112650, 0),
    ]


def _records(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _sales_in_euros(folder: Path) -> dict[str, list[Decimal]]:
    """What the items of won sellers were sold for, by origin, at the rates of their days."""
    with (PROJECT_DIR / "seeds" / "fx_rates.csv").open(encoding="utf-8", newline="") as file:
        rates = [
            (row["valid_from"], Decimal(row["rate_to_reporting"]))
            for row in csv.DictReader(file)
            if row["currency"] == "BRL"
        ]
    leads = _records(folder / "olist_marketing_qualified_leads_dataset.csv")
    origins = {lead["mql_id"]: lead["origin"] or "(null)" for lead in leads}
    deals = _records(folder / "olist_closed_deals_dataset.csv")
    sellers = {deal["seller_id"]: origins[deal["mql_id"]] for deal in deals}
    sales: dict[str, list[Decimal]] = defaultdict(list)
    for row in pq.read_table(folder / "order_items.parquet").to_pylist():
        if row["seller_id"] in sellers:
            day = str(row["shipping_limit_date"])[:10]
            rate = max(pair for pair in rates if pair[0] <= day)[1]
            paid = (_cents(row["price"]) + _cents(row["freight_value"])) * rate
            sales[sellers[row["seller_id"]]].append(_cents(paid))
    return sales


def _cents(amount: object) -> Decimal:
    return Decimal(str(amount)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _channel(origin: str) -> str:
    return "unassigned" if origin == "(null)" else origin


def _kaplan_meier(leads: list[Lead]) -> float:
    """Share converted at the horizon, by whole days."""
    wins = Counter(lead.followed.days for lead in leads if lead.is_won_by(HORIZON))
    survival = 1.0
    for day in wins:
        at_risk = sum(lead.followed.days >= day for lead in leads)
        survival *= 1 - wins[day] / at_risk
    return 1 - survival


def _conversion(
    olist: Query,
    columns: str,
    *,
    segment: str = "all",
    kind: str = "to_date",
    order: str = "ordered",
) -> Rows:
    return olist(
        f"""
        select {columns}
        from marts.mart_funnel_conversion
        where
            period_type = 'month'
            and segment_type = '{segment}'
            and from_stage = 'mql'
            and to_stage = 'customer'
            and count_mode = 'first'
            and rate_kind = '{kind}'
            and order_mode = '{order}'
        group by all
        order by all
        """
    )
