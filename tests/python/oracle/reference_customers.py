"""Customers, purchases, subscriptions and opportunities by the project's rules, from landed files.

An oracle for the marts of customers and of the pipeline, written from the rules and not from the
SQL. Persons and their stints are taken from the warehouse: `reference_funnel` stands for those.
"""

import ast
import calendar
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

from built import Built
from landed_rows import Row, read_landed
from reference_funnel import Key, known_outcome, seed, surrogate

from orchestration.contract import PROJECT_DIR

PAID = ("paid", "refunded")
CENT = Decimal("0.01")
Segments = dict[str, str]


def segment_names() -> list[str]:
    """What marts are cut by, as the macro `segments` names it."""
    text = (PROJECT_DIR / "macros" / "funnel" / "segments.sql").read_text(encoding="utf-8")
    found = re.search(r"return\((\[.*?\])\)", text, re.DOTALL)
    assert found
    names: list[str] = ast.literal_eval(found[1])
    return names


SEGMENTS = segment_names()


def month_end(day: date) -> date:
    """Last day of the month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def month_starts(first: date, last: date) -> Iterator[date]:
    """First days of the months from one day to another."""
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = month_end(month) + timedelta(days=1)


def whole_months(start: date, stop: date) -> int:
    """Months that are over, counted one by one.

    A month is over on the day of its beginning, or where the calendar has no such day, on the
    first of the month after.
    """
    months = 0
    year, month = start.year, start.month
    while True:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        if start.day <= calendar.monthrange(year, month)[1]:
            anniversary = date(year, month, start.day)
        else:
            anniversary = date(year + month // 12, month % 12 + 1, 1)
        if anniversary > stop:
            return months
        months += 1


def periods_of(day: date, first_day: date) -> list[tuple[str, date]]:
    """The periods that a day belongs to."""
    return [
        ("month", day.replace(day=1)),
        ("quarter", date(day.year, (day.month - 1) // 3 * 3 + 1, 1)),
        ("year", date(day.year, 1, 1)),
        ("all", first_day),
    ]


def period_end(period_type: str, start: date) -> date:
    """Last day of a month, quarter or year."""
    months = {"month": 1, "quarter": 3, "year": 12}[period_type]
    return month_end(date(start.year, start.month + months - 1, 1))


@dataclass
class Order:
    """An order that counts as a purchase."""

    customer: Key
    order_id: str
    person: str | None
    segments: Segments
    at: datetime
    gross: Decimal
    refunded: Decimal
    cogs: Decimal | None
    number: int | None = None
    """Null for a credit note."""

    @property
    def net(self) -> Decimal:
        return self.gross - self.refunded

    @property
    def margin(self) -> Decimal | None:
        return None if self.cogs is None else self.net - self.cogs


@dataclass(frozen=True)
class Subscription:
    """A subscription as known at as_of."""

    key: Key
    customer: Key
    mrr: Decimal
    reason: str | None
    start: date
    end: date | None


@dataclass(frozen=True)
class Customer:
    """An account."""

    key: Key
    person: str | None
    segments: Segments
    first_purchase: date | None
    since: date | None


@dataclass(frozen=True)
class Opportunity:
    """An opportunity as known at as_of."""

    key: Key
    person: str | None
    segments: Segments
    order_type: str
    amount: Decimal | None
    probability: float | None
    is_counted: bool
    is_won: bool | None
    created: date
    closed: date | None
    expectations: list[date]
    """Days of expected close, each different from the one before."""

    @property
    def is_open(self) -> bool:
        return self.is_won is None

    @property
    def weighted(self) -> Decimal | None:
        if self.amount is None or self.probability is None:
            return None
        return (self.amount * Decimal(str(self.probability))).quantize(CENT, ROUND_HALF_UP)


class ReferenceCustomers:
    """What the landed files say of customers and of the pipeline at as_of."""

    def __init__(self, built: Built) -> None:
        self.as_of = built.as_of
        self.today = built.as_of.date()
        self.first_day: date = min(row["date_day"] for row in built.rows("core.dim_dates"))
        self._landed = {
            name: read_landed(built.landing, name, built.given_as_of)
            for name in ("orders", "subscriptions", "opportunities", "reps")
        }
        self._person: dict[Key, str | None] = {}
        self._disposition: dict[Key, str] = {}
        for row in built.known_leads:
            lead = (row["source_system"], row["lead_id"])
            self._person[lead], self._disposition[lead] = row["person_key"], row["disposition"]
        self._stints: dict[str, list[tuple[datetime, Segments]]] = defaultdict(list)
        self._on_buying: dict[str, Segments] = {}
        stints = built.rows("core.fct_stage_stints")
        for row in sorted(stints, key=lambda row: row["stint_number"]):
            segments = {name: row[name] for name in SEGMENTS}
            self._stints[row["person_key"]].append((row["entered_at"], segments))
            if row["stage"] == "customer":
                self._on_buying.setdefault(row["person_key"], segments)
        self._rates = defaultdict(list)
        for rate in seed("fx_rates"):
            self._rates[rate["currency"]].append(
                (date.fromisoformat(rate["valid_from"]), Decimal(rate["rate_to_reporting"]))
            )

    @cached_property
    def purchases(self) -> list[Order]:
        """Paid orders, numbered by customer."""
        found = []
        for row in self._orders:
            if row["status"] not in PAID:
                continue
            day = row["ordered_at"].date()
            gross = self.money(row["amount"], row["currency"], day)
            refunded = self.money(row["refunded_amount"] or 0, row["currency"], day)
            assert gross is not None
            assert refunded is not None
            if gross < 0:
                gross, refunded = Decimal(0), -gross
            elif row["status"] == "refunded" and not refunded:
                refunded = gross
            customer = self.customers[row["source_system"], row["customer_id"]]
            cogs = self.money(row["cogs"], row["currency"], day)
            person = self._order_person(row) or customer.person
            segments = customer.segments
            if person and person != customer.person:
                segments = self._on_buying[person] | {"source_system": row["source_system"]}
            found.append(
                Order(
                    customer.key,
                    row["order_id"],
                    person,
                    segments,
                    row["ordered_at"],
                    gross,
                    refunded,
                    cogs,
                )
            )
        count: dict[Key, int] = defaultdict(int)
        found.sort(key=lambda order: (order.at, order.order_id))
        for order in found:
            if order.gross or not order.refunded:
                count[order.customer] += 1
                order.number = count[order.customer]
        return found

    @cached_property
    def subscriptions(self) -> list[Subscription]:
        """Subscriptions begun by as_of."""
        found = []
        for row in self._subscriptions:
            end = row["ended_at"]
            if end is not None and end > self.as_of:
                end = None
            start = row["started_at"].date()
            mrr = self.money(row["mrr"], row["currency"], start)
            assert mrr is not None
            found.append(
                Subscription(
                    (row["source_system"], row["subscription_id"]),
                    (row["source_system"], row["customer_id"]),
                    mrr,
                    row["cancel_reason"] if end else None,
                    start,
                    end.date() if end else None,
                )
            )
        return found

    @cached_property
    def customers(self) -> dict[Key, Customer]:
        """Accounts that orders or subscriptions name."""
        records: dict[Key, list[tuple[datetime, str, str, str | None, bool]]] = defaultdict(list)
        for row in self._orders:
            records[row["source_system"], row["customer_id"]].append(
                (
                    row["ordered_at"],
                    "order",
                    row["order_id"],
                    self._order_person(row),
                    row["status"] in PAID and row["amount"] >= 0,
                )
            )
        for row in self._subscriptions:
            person = self._person.get((row["source_system"], row["lead_id"]))
            records[row["source_system"], row["customer_id"]].append(
                (row["started_at"], "subscription", row["subscription_id"], person, True)
            )
        found = {}
        for key, rows in records.items():
            rows.sort(key=lambda row: row[:3])
            persons = [row[3] for row in rows if row[3]]
            bought = [row[0] for row in rows if row[4]]
            paid = [row[0] for row in rows if row[4] and row[1] == "order"]
            person = persons[0] if persons else None
            moment = bought[0] if bought else rows[0][0]
            segments = self._segments(person, moment) | {"source_system": key[0]}
            found[key] = Customer(
                key,
                person,
                segments,
                paid[0].date() if paid else None,
                bought[0].date() if bought else None,
            )
        return found

    @cached_property
    def opportunities(self) -> list[Opportunity]:
        """Opportunities opened by as_of, by the version that was known then."""
        versions: dict[Key, list[Row]] = defaultdict(list)
        for row in self._landed["opportunities"].versions:
            versions[row["source_system"], row["opportunity_id"]].append(row)
        found = []
        for row in self._landed["opportunities"].staged:
            if row["created_at"] > self.as_of:
                continue
            key = (row["source_system"], row["opportunity_id"])
            told = sorted(
                versions[key],
                key=lambda v: (v["updated_at"] or datetime.min, v["_file"], v["_row"]),
            )
            known = [v for v in told if not v["updated_at"] or v["updated_at"] <= self.as_of]
            known = known or told[:1]
            is_won = known_outcome(row, self.as_of)
            closed = row["closed_at"] if is_won is not None else None
            expectations: list[date] = []
            for version in known:
                day = version["expected_close_date"]
                # the close of a deal without an outcome is what was expected
                if (
                    not day
                    and is_won is None
                    and version["is_won"] is None
                    and version["closed_at"]
                ):
                    day = version["closed_at"].date()
                if day and expectations[-1:] != [day]:
                    expectations.append(day)
            last = known[-1]
            probability = last["probability"]
            lead = (row["source_system"], row["lead_id"])
            person = self._person.get(lead)
            segments = self._segments(person, row["created_at"]) | {"source_system": key[0]}
            team = self._team(row["source_system"], row["owner_rep_id"])
            valued_on = (closed or row["created_at"]).date()
            found.append(
                Opportunity(
                    key,
                    person,
                    segments | ({"owner_team": team} if team else {}),
                    row["order_type"] or "new",
                    self.money(last["amount"], row["currency"] or "EUR", valued_on),
                    probability if probability is not None and 0 <= probability <= 1 else None,
                    self._disposition.get(lead) not in ("test", "deleted", "after_as_of"),
                    is_won,
                    row["created_at"].date(),
                    closed.date() if closed else None,
                    expectations,
                )
            )
        return found

    def cuts(self, segments: Segments) -> list[tuple[str, str]]:
        """The rows of a mart that somebody of these segments counts in."""
        return [("all", "all"), *((name, segments[name]) for name in SEGMENTS)]

    @property
    def _orders(self) -> list[Row]:
        return [row for row in self._landed["orders"].staged if row["ordered_at"] <= self.as_of]

    @property
    def _subscriptions(self) -> list[Row]:
        rows = self._landed["subscriptions"].staged
        return [row for row in rows if row["started_at"] <= self.as_of]

    @cached_property
    def _lead_of_opportunity(self) -> dict[Key, str | None]:
        return {
            (row["source_system"], row["opportunity_id"]): row["lead_id"]
            for row in self._landed["opportunities"].staged
            if row["created_at"] <= self.as_of
        }

    def _order_person(self, row: Row) -> str | None:
        system, lead = row["source_system"], row["lead_id"]
        if (system, lead) not in self._person:
            lead = self._lead_of_opportunity.get((system, row["opportunity_id"]))
        return self._person.get((system, lead))

    def _segments(self, person: str | None, moment: datetime) -> Segments:
        if person is None:
            return dict.fromkeys(SEGMENTS, "unassigned")
        stints = self._stints[person]
        entered = [segments for entered_at, segments in stints if entered_at <= moment]
        return entered[-1] if entered else stints[0][1]

    def _team(self, system: str, rep: str | None) -> str | None:
        rows = [
            row
            for row in self._landed["reps"].staged
            if (row["source_system"], row["rep_id"]) == (system, rep)
        ]
        return max(rows, key=lambda row: row["valid_from"])["team"] if rows else None

    def money(self, amount: float | None, currency: str, day: date) -> Decimal | None:
        """An amount in the reporting currency, at the rate of a day."""
        if amount is None:
            return None
        rate = Decimal(1)
        if currency != "EUR":
            rate = max(pair for pair in self._rates[currency] if pair[0] <= day)[1]
        return (Decimal(str(amount)) * rate).quantize(CENT, ROUND_HALF_UP)


def customer_key(key: Key) -> str:
    """Surrogate key of a customer, as of any record named by system and id."""
    return surrogate(*key)
