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
DISCOVERY, PROPOSAL, WON, LOST, DEMO, NEGOTIATION = range(6)
STAGE_WORDS = ("Discovery", "Proposal", "Closed Won", "Closed Lost", "Demo", "Negotiation")
_STAGE_CHANCES = ("0.2", "0.5", "1", "0", "0.2", "0.5")
PIPELINES = {
    "New business": (DISCOVERY, DEMO, PROPOSAL, NEGOTIATION, WON, LOST),
    "Existing customers": (DISCOVERY, PROPOSAL, WON, LOST),
}
"""Stages of each pipeline in order, the lost one last."""
DEMO_SHARE, NEGOTIATION_SHARE = 0.8, 0.6
"""Of the deals that get as far as a proposal, those that pass through the stage before or after."""
_ROLES = ("Decision maker", "User", "Buyer", "Adviser")
SECOND_CONTACT_SHARE = 0.25
"""Of the deals, those in which a second lead takes part, if that one was known by then."""
PARALLEL_STATUS_SHARE = 0.5
"""Of the lost parallel deals, those for which somebody sets the lead to lost, too."""
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
    is_parallel: Bools
    """Opened beside another deal of the person, and lost before that one closes."""

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
        is_parallel=np.zeros(len(people), dtype=np.bool_),
    )


@dataclass(frozen=True)
class DealStages:
    """When each deal entered the stages between opening and close; NEVER where it did not."""

    demo_at: Ints
    proposal_at: Ints
    negotiation_at: Ints


def draw_parallel_deals(rng: np.random.Generator, block: Block, deals: Deals) -> Deals:
    """The deals, and others beside some first ones: opened after and lost before those close."""
    end = block.setting.window.end
    length = np.minimum(deals.closed_at, end + 30 * DAY) - deals.created_at
    chosen = rng.random(len(deals)) < block.setting.config.parallel_deals
    of = np.flatnonzero(chosen & (deals.order_type == 0) & (length > 4 * DAY))
    opened_at = deals.created_at[of] + (length[of] * rng.uniform(0.1, 0.4, len(of))).astype(
        np.int64
    )
    closed_at = deals.created_at[of] + (length[of] * rng.uniform(0.5, 0.9, len(of))).astype(
        np.int64
    )
    amount = np.round(deals.amount[of] * rng.uniform(0.3, 1.5, len(of)), 2)
    of, amount = of[opened_at < end], amount[opened_at < end]
    opened_at, closed_at = opened_at[opened_at < end], closed_at[opened_at < end]
    return Deals(
        number=np.concatenate([deals.number, deals.number[of] + 7]),
        person=np.concatenate([deals.person, deals.person[of]]),
        record=np.concatenate([deals.record, deals.record[of]]),
        created_at=np.concatenate([deals.created_at, opened_at]),
        closed_at=np.concatenate([deals.closed_at, closed_at]),
        is_won=np.concatenate([deals.is_won, np.zeros(len(of), dtype=np.bool_)]),
        order_type=np.concatenate([deals.order_type, deals.order_type[of]]),
        amount=np.concatenate([deals.amount, amount]),
        is_parallel=np.concatenate([deals.is_parallel, np.ones(len(of), dtype=np.bool_)]),
    )


def draw_deal_stages(
    rng: np.random.Generator, stages_rng: np.random.Generator, deals: Deals
) -> DealStages:
    """Half-way through, a deal of more than two days gets to a proposal."""
    length = np.minimum(deals.closed_at - deals.created_at, 60 * DAY)
    half_way = deals.created_at + (length * rng.uniform(0.3, 0.7, len(deals))).astype(np.int64)
    proposal_at = np.where(length > 2 * DAY, half_way, NEVER)
    is_new, has_proposal = deals.order_type == 0, proposal_at < NEVER
    chance = stages_rng.random((4, len(deals)))
    before = np.where(has_proposal, proposal_at - deals.created_at, 0)
    after = np.where(has_proposal, deals.created_at + length - proposal_at, 0)
    has_demo = is_new & has_proposal & (chance[0] < DEMO_SHARE)
    negotiates = is_new & has_proposal & (chance[1] < NEGOTIATION_SHARE)
    demo_at = deals.created_at + 1 + (before * (0.1 + 0.8 * chance[2])).astype(np.int64)
    negotiation_at = proposal_at + 1 + (after * (0.1 + 0.8 * chance[3])).astype(np.int64)
    return DealStages(
        demo_at=np.where(has_demo, demo_at, NEVER),
        proposal_at=proposal_at,
        negotiation_at=np.where(negotiates, negotiation_at, NEVER),
    )


def pipelines(deals: Deals, of: Ints) -> pa.Array:
    """Pipeline of some deals: first ones, or those with customers."""
    return text.words((deals.order_type[of] > 0).astype(np.int64), tuple(PIPELINES))


def pipeline_rows() -> Rows:
    """Rows of `pipeline_stages`."""
    stages = [
        (pipeline, place, stage)
        for pipeline, order in PIPELINES.items()
        for place, stage in enumerate(order, start=1)
    ]
    return Rows(
        "pipeline_stages",
        {
            "pipeline": pa.array([pipeline for pipeline, _, _ in stages]),
            "stage": pa.array([STAGE_WORDS[stage] for _, _, stage in stages]),
            "ordinal": pa.array([None if s == LOST else str(place) for _, place, s in stages]),
            "is_won": pa.array(["true" if s == WON else "false" for _, _, s in stages]),
            "is_lost": pa.array(["true" if s == LOST else "false" for _, _, s in stages]),
        },
        known_at=np.zeros(len(stages), dtype=np.int64),
    )


def stage_change_rows(block: Block, deals: Deals, stages: DealStages) -> Rows:
    """Rows of `opportunity_stage_changes`: of each deal, those before the end, in order."""
    entered = np.stack(
        [
            deals.created_at,
            stages.demo_at,
            stages.proposal_at,
            stages.negotiation_at,
            deals.closed_at,
        ],
        axis=1,
    )
    stage = np.tile(np.array([DISCOVERY, DEMO, PROPOSAL, NEGOTIATION, WON]), (len(deals), 1))
    stage[:, -1] = np.where(deals.is_won, WON, LOST)
    deal, column = np.nonzero(entered < block.setting.window.end)
    at, to = entered[deal, column], stage[deal, column]
    follows = np.zeros(len(deal), dtype=np.bool_)
    follows[1:] = deal[1:] == deal[:-1]
    changes = np.flatnonzero(follows)
    return Rows(
        "opportunity_stage_changes",
        {
            "event_id": text.ids("S", deals.number[deal[changes]] * 10 + column[changes], 11),
            "opportunity_id": opportunity_ids(deals.number[deal[changes]]),
            "changed_at": text.moments(at[changes]),
            "from_stage": text.words(to[changes - 1], STAGE_WORDS),
            "to_stage": text.words(to[changes], STAGE_WORDS),
            "changed_by_rep_id": text.ids(
                "R",
                block.setting.reps.acting(block.ae[deals.person[deal[changes]]], at[changes]),
                4,
            ),
        },
        known_at=at[changes],
    )


def contact_rows(rng: np.random.Generator, block: Block, deals: Deals) -> Rows:
    """Rows of `opportunity_contacts`: the deal's own lead, and now and then a second one."""
    records = block.records
    other = rng.integers(0, len(records), len(deals))
    is_known = records.created_at[other] < deals.created_at
    is_other = records.person[other] != deals.person
    counts = ~records.is_test[deals.record] & (records.deleted_at[deals.record] >= NEVER)
    chosen = rng.random(len(deals)) < SECOND_CONTACT_SHARE
    seconds = np.flatnonzero(chosen & is_known & is_other & counts)
    deal = np.concatenate([np.arange(len(deals)), seconds])
    record = np.concatenate([deals.record, other[seconds]])
    is_first = np.repeat([True, False], [len(deals), len(seconds)])
    role = np.where(is_first, 0, 1 + rng.integers(0, len(_ROLES) - 1, len(deal)))
    return Rows(
        "opportunity_contacts",
        {
            "opportunity_id": opportunity_ids(deals.number[deal]),
            "lead_id": lead_ids(block, record),
            "role": text.words(role, _ROLES),
            "is_primary": text.flags(is_first),
        },
        known_at=deals.created_at[deal],
    )


def parallel_status_rows(rng: np.random.Generator, block: Block, deals: Deals) -> Rows:
    """Status changes to lost for some lost deals, though another deal of the person is open."""
    chosen = deals.is_parallel & (rng.random(len(deals)) < PARALLEL_STATUS_SHARE)
    of = np.flatnonzero(chosen & (deals.closed_at < block.setting.window.end))
    return Rows(
        "lead_status_changes",
        {
            "event_id": text.ids("2", deals.number[of], 18),
            "lead_id": lead_ids(block, deals.record[of]),
            "changed_at": text.moments(deals.closed_at[of]),
            "to_status": text.constant(len(of), "Closed Lost"),
        },
        known_at=deals.closed_at[of],
        is_dirty=False,
    )


def truth_deal_rows(deals: Deals, stages: DealStages) -> pa.Table:
    """One row per deal that was opened before the end, however late it closes."""

    def moments(values: Ints) -> pa.Array:
        return pa.array(values, mask=values >= NEVER).cast(pa.timestamp("s", "UTC"))

    every = np.arange(len(deals))
    return pa.table(
        {
            "opportunity_id": opportunity_ids(deals.number),
            "pipeline": pipelines(deals, every),
            "is_parallel": deals.is_parallel,
            "is_won": deals.is_won,
            "amount": deals.amount,
            "discovery_at": moments(deals.created_at),
            "demo_at": moments(stages.demo_at),
            "proposal_at": moments(stages.proposal_at),
            "negotiation_at": moments(stages.negotiation_at),
            "closed_at": moments(deals.closed_at),
        }
    )


def opportunity_rows(
    rng: np.random.Generator, block: Block, deals: Deals, stages: DealStages
) -> list[Rows]:
    """Each opportunity as it was opened, in each later stage, and as it was closed."""
    expected = deals.created_at + rng.integers(30, 90, len(deals)) * DAY
    reason = rng.integers(0, len(_LOST_REASONS), len(deals))
    closed = np.where(deals.is_won, WON, LOST)
    rows = []
    for updated_at, stage, factor, is_dirty in (
        (deals.created_at, np.full(len(deals), DISCOVERY), 0.9, True),
        (stages.demo_at, np.full(len(deals), DEMO), 0.9, False),
        (stages.proposal_at, np.full(len(deals), PROPOSAL), 1.0, True),
        (stages.negotiation_at, np.full(len(deals), NEGOTIATION), 1.0, False),
        (deals.closed_at, closed, 1.0, True),
    ):
        of = np.flatnonzero(updated_at < block.setting.window.end)
        at, is_closed = updated_at[of], np.isin(stage[of], (WON, LOST))
        rows.append(
            Rows(
                "opportunities",
                {
                    "opportunity_id": opportunity_ids(deals.number[of]),
                    "lead_id": lead_ids(block, deals.record[of]),
                    "created_at": text.moments(deals.created_at[of]),
                    "updated_at": text.moments(at),
                    "pipeline": pipelines(deals, of),
                    "stage": text.words(stage[of], STAGE_WORDS),
                    "amount": text.money(deals.amount[of] * factor),
                    "currency": _currency(block, deals.person[of]),
                    "probability": text.words(stage[of], _STAGE_CHANCES),
                    "expected_close_date": text.dates(expected[of]),
                    "closed_at": text.moments(at, is_closed),
                    "is_won": text.flags(deals.is_won[of], is_closed),
                    "lost_reason": text.words(
                        np.where(stage[of] == LOST, reason[of], -1), _LOST_REASONS
                    ),
                    "owner_rep_id": text.ids(
                        "R", block.setting.reps.acting(block.ae[deals.person[of]], at), 4
                    ),
                    "order_type": text.words(deals.order_type[of], _ORDER_TYPES),
                },
                known_at=at,
                is_dirty=is_dirty,
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
