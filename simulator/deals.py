"""Opportunities, orders, subscriptions and BANT assessments that follow from the journeys."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator import model, text
from simulator.block import Block
from simulator.clocks import DAY, NEVER, Bools, Floats, Ints
from simulator.landing import Rows, is_known
from simulator.model import COUNTRIES, CUSTOMER, OPPORTUNITY, PERSONAS, SAL, SQL
from simulator.statuses import lead_ids

_MONTH = 30.4375 * DAY
_CURRENCIES = tuple(model.PER_EUR)
_STAGE_WORDS = ("Discovery", "Proposal", "Closed Won", "Closed Lost")
_STAGE_CHANCES = ("0.2", "0.5", "1", "0")
_ORDER_TYPES = ("new", "expansion", "renewal")
_LOST_REASONS = model.REASONS[model.LOST]
_ORDER_STATES = ("paid", "pending", "cancelled", "refunded")
_MOST_REPEATS = 80
_CANCEL_REASONS = ("price", "no longer needed", "service", "went bankrupt")


@dataclass(frozen=True)
class Deals:
    """Opportunities opened before the end, one row each."""

    number: Ints
    person: Ints
    record: Ints
    created_at: Ints
    closed_at: Ints
    """NEVER while open."""
    is_won: Bools
    order_type: Ints
    amount: Floats
    """In the currency of the country."""

    def __len__(self) -> int:
        return len(self.number)


def draw_deals(rng: np.random.Generator, block: Block) -> Deals:
    """The first deals of the journeys, and some further ones with customers."""
    journeys, end = block.journeys, block.setting.window.end
    person, cycle = np.nonzero(journeys.entered_at[:, :, OPPORTUNITY] < end)
    created_at = journeys.entered_at[person, cycle, OPPORTUNITY]
    won_at = journeys.entered_at[person, cycle, CUSTOMER]
    closed_at = np.minimum(won_at, journeys.exited_at[person, cycle])

    more = np.flatnonzero((won_at < end) & (rng.random(len(person)) < 0.15))
    opened = won_at[more] + _seconds(rng, 100.0, len(more)) + DAY
    more, opened = more[opened < end], opened[opened < end]
    people = np.concatenate([person, person[more]])
    opened_at = np.concatenate([created_at, opened])
    size = np.array([p.deal_size for p in PERSONAS])[block.persons.persona[people]]
    spread = (
        rng.lognormal(0.0, 0.6, len(people)) * np.array((0.7, 1.0, 1.5))[block.persons.fit[people]]
    )
    return Deals(
        number=np.concatenate(
            [
                _first_numbers(block, person) * 10 + cycle,
                _first_numbers(block, person[more]) * 10 + 5,
            ]
        ),
        person=people,
        record=block.records.at(rng, people, opened_at),
        created_at=opened_at,
        closed_at=np.concatenate([closed_at, opened + _seconds(rng, 30.0, len(more)) + 60]),
        is_won=np.concatenate([won_at < NEVER, rng.random(len(more)) < 0.6]),
        order_type=np.concatenate(
            [np.zeros(len(person), dtype=np.int64), rng.integers(1, 3, len(more))]
        ),
        amount=np.round(size * spread * _rate(block, people), 2),
    )


def opportunity_rows(rng: np.random.Generator, block: Block, deals: Deals) -> list[Rows]:
    """Each opportunity as it was opened, as it stood half-way, and as it was closed."""
    end = block.setting.window.end
    length = np.minimum(deals.closed_at - deals.created_at, 60 * DAY)
    half_way = deals.created_at + (length * rng.uniform(0.3, 0.7, len(deals))).astype(np.int64)
    half_way = np.where(length > 2 * DAY, half_way, NEVER)
    expected = deals.created_at + rng.integers(30, 90, len(deals)) * DAY
    reason = rng.integers(0, len(_LOST_REASONS), len(deals))
    closed = np.where(deals.is_won, 2, 3)
    rows = []
    for updated_at, stage, factor in (
        (deals.created_at, np.zeros(len(deals), dtype=np.int64), 0.9),
        (half_way, np.ones(len(deals), dtype=np.int64), 1.0),
        (deals.closed_at, closed, 1.0),
    ):
        of = np.flatnonzero(updated_at < end)
        at, is_closed = updated_at[of], stage[of] >= 2
        rows.append(
            Rows(
                "opportunities",
                {
                    "opportunity_id": opportunity_ids(deals.number[of]),
                    "lead_id": lead_ids(block, deals.record[of]),
                    "created_at": text.moments(deals.created_at[of]),
                    "updated_at": text.moments(at),
                    "stage": text.words(stage[of], _STAGE_WORDS),
                    "amount": text.money(deals.amount[of] * factor),
                    "currency": _currency(block, deals.person[of]),
                    "probability": text.words(stage[of], _STAGE_CHANCES),
                    "expected_close_date": text.dates(expected[of]),
                    "closed_at": text.moments(at, is_closed),
                    "is_won": text.flags(deals.is_won[of], is_closed),
                    "lost_reason": text.words(
                        np.where(stage[of] == 3, reason[of], -1), _LOST_REASONS
                    ),
                    "owner_rep_id": text.ids(
                        "R", block.setting.reps.acting(block.ae[deals.person[of]], at), 4
                    ),
                    "order_type": text.words(deals.order_type[of], _ORDER_TYPES),
                },
                known_at=at,
            )
        )
    return rows


def opportunity_ids(numbers: Ints, present: Bools | None = None) -> pa.Array:
    """Ids of opportunities."""
    return text.ids("O", numbers, 10, present)


@dataclass(frozen=True)
class Orders:
    """Orders placed before the end."""

    deal: Ints
    """Position of the deal that it comes from, or that made the customer."""
    number: Ints
    """Number among the customer's orders."""
    ordered_at: Ints
    share: Floats
    """Amount, as a share of the deal's."""
    is_first: Bools
    """The order is the deal's own."""
    begins_subscription: Bools


def draw_orders(rng: np.random.Generator, block: Block, deals: Deals) -> Orders:
    """The order of each won deal; new customers without a subscription order again now and then."""
    end = block.setting.window.end
    won = np.flatnonzero(deals.is_won & (deals.closed_at < end))
    first_at = deals.closed_at[won] + _seconds(rng, 0.5, len(won))
    won, first_at = won[first_at < end], first_at[first_at < end]
    is_new = deals.order_type[won] == 0
    subscribes = is_new & (rng.random(len(won)) < 0.6)

    repeats = np.minimum(rng.poisson(0.25 * (end - first_at) / _MONTH), _MOST_REPEATS)
    repeats = np.where(is_new & ~subscribes, repeats, 0)
    of = np.repeat(np.arange(len(won)), repeats)
    rank = np.arange(len(of)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    repeat_at = first_at[of] + ((end - first_at[of]) * rng.random(len(of))).astype(np.int64)
    return Orders(
        deal=np.concatenate([won, won[of]]),
        number=np.concatenate([np.where(is_new, 0, _MOST_REPEATS + 1), 1 + rank]),
        ordered_at=np.concatenate([first_at, repeat_at]),
        share=np.concatenate([np.ones(len(won)), rng.uniform(0.1, 0.6, len(of))]),
        is_first=np.repeat([True, False], [len(won), len(of)]),
        begins_subscription=np.concatenate([subscribes, np.zeros(len(of), dtype=np.bool_)]),
    )


def order_rows(rng: np.random.Generator, block: Block, deals: Deals, orders: Orders) -> Rows:
    """Orders as they stand: pending, paid, refunded in part or whole, or cancelled."""
    window, count, ordered_at = block.setting.window, len(orders.deal), orders.ordered_at
    person = deals.person[orders.deal]
    paid_at = ordered_at + np.where(rng.random(count) < 0.3, _seconds(rng, 3.0, count), 0)
    refunded_at = np.where(rng.random(count) < 0.03, paid_at + _seconds(rng, 15.0, count), NEVER)
    is_cancelled = ~orders.is_first & (rng.random(count) < 0.02)
    is_partial = rng.random(count) < 0.4
    is_paid = ~is_cancelled & is_known(paid_at, window)
    is_refunded = is_paid & is_known(refunded_at, window)
    state = np.select([is_cancelled, is_refunded & ~is_partial, is_paid], [2, 3, 0], 1)
    amount = deals.amount[orders.deal] * orders.share
    return Rows(
        "orders",
        {
            "order_id": text.ids("P", _first_numbers(block, person) * 100 + orders.number, 11),
            "customer_id": text.ids("C", _first_numbers(block, person)),
            "lead_id": lead_ids(block, block.records.at(rng, person, ordered_at)),
            "opportunity_id": opportunity_ids(deals.number[orders.deal], orders.is_first),
            "ordered_at": text.moments(ordered_at),
            "amount": text.money(amount),
            "refunded_amount": text.money(amount * np.where(is_partial, 0.4, 1.0), is_refunded),
            "cogs": text.money(amount * rng.uniform(0.25, 0.5, count)),
            "currency": _currency(block, person),
            "status": text.words(state, _ORDER_STATES),
        },
        known_at=ordered_at,
        changed_at=np.select([is_refunded, is_paid], [refunded_at, paid_at], ordered_at),
    )


def subscription_rows(rng: np.random.Generator, block: Block, deals: Deals, orders: Orders) -> Rows:
    """Subscriptions as they stand; they end by the persona's monthly hazard."""
    window = block.setting.window
    begun = np.flatnonzero(orders.begins_subscription)
    count, deal = len(begun), orders.deal[begun]
    person = deals.person[deal]
    started_at = orders.ordered_at[begun] + rng.integers(0, 5 * DAY, count)
    started_at = np.minimum(started_at, window.end - 1)
    hazard = np.array([p.churn for p in PERSONAS])[block.persons.persona[person]]
    ended_at = started_at + 1 + (rng.exponential(1.0, count) / hazard * _MONTH).astype(np.int64)
    has_ended = is_known(ended_at, window)
    reason = rng.integers(0, len(_CANCEL_REASONS), count)
    return Rows(
        "subscriptions",
        {
            "subscription_id": text.ids("S", _first_numbers(block, person)),
            "customer_id": text.ids("C", _first_numbers(block, person)),
            "lead_id": lead_ids(block, block.records.at(rng, person, started_at)),
            "started_at": text.moments(started_at),
            "ended_at": text.moments(ended_at, has_ended),
            "mrr": text.money(deals.amount[deal] / 12),
            "currency": _currency(block, person),
            "cancel_reason": text.words(np.where(has_ended, reason, -1), _CANCEL_REASONS),
        },
        known_at=started_at,
        changed_at=np.where(has_ended, ended_at, started_at),
    )


def bant_rows(rng: np.random.Generator, block: Block) -> Rows:
    """At most a day before most SQLs, for some already before the SAL; better fit, more there."""
    entered, qualified_at = block.journeys.entered_at, block.journeys.qualified_at
    chance = rng.random(qualified_at.shape)
    parts = []
    for stage, share in ((SQL, 0.85), (SAL, 0.25)):
        person, cycle = np.nonzero(
            (entered[:, :, stage] < block.setting.window.end) & (chance < share)
        )
        entry = entered[person, cycle, stage]
        earliest = np.maximum(qualified_at[person, cycle], entry - DAY)
        assessed_at = earliest + ((entry - earliest) * rng.random(len(entry))).astype(np.int64)
        parts.append((person, cycle * 2 + int(stage == SAL), assessed_at))
    person, number, assessed_at = (np.concatenate(part) for part in zip(*parts, strict=True))
    yes = np.array((0.45, 0.65, 0.85))[block.persons.fit[person]]
    return Rows(
        "bant_assessments",
        {
            "assessment_id": text.ids("B", _first_numbers(block, person) * 10 + number, 10),
            "lead_id": lead_ids(block, block.records.at(rng, person, assessed_at)),
            "rep_id": text.ids("R", block.actor(person, assessed_at), 4),
            "assessed_at": text.moments(assessed_at),
            **{
                column: text.flags(rng.random(len(person)) < yes, rng.random(len(person)) < 0.88)
                for column in ("has_budget", "has_authority", "has_need", "has_timeline")
            },
        },
        known_at=block.arrivals(rng, assessed_at),
    )


def _first_numbers(block: Block, persons: Ints) -> Ints:
    """Number of each person's first record among all leads; the person's number, too."""
    return block.records.first_number + persons


def _rate(block: Block, persons: Ints) -> Floats:
    return np.array([model.PER_EUR[c.currency] for c in COUNTRIES])[block.persons.country[persons]]


def _currency(block: Block, persons: Ints) -> pa.Array:
    currency = np.array([_CURRENCIES.index(c.currency) for c in COUNTRIES])
    return text.words(currency[block.persons.country[persons]], _CURRENCIES)


def _seconds(rng: np.random.Generator, mean_days: float, count: int) -> Ints:
    """Exponential delays."""
    return (rng.exponential(mean_days * DAY, count)).astype(np.int64)
