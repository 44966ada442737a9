"""Status changes: what the CRM shows of the journeys."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator import model, text
from simulator.block import Block, with_offset
from simulator.clocks import DAY, NEVER, Bools, Floats, Ints
from simulator.landing import Rows
from simulator.model import (
    LEAD,
    MAX_CYCLES,
    MQL,
    OPEN,
    SAL,
    SQL,
    STAGES,
    STATES,
)

_WORDS = tuple(word for state in range(len(STATES)) for word in model.WORDS[state])
VOCABULARY = (*_WORDS, model.REENTRY_WORD)
"""All status words; a status is kept as its position here."""
_FIRST_WORD = np.array([VOCABULARY.index(model.WORDS[state][0]) for state in range(len(STATES))])
_WORD_COUNT = np.array([len(model.WORDS[state]) for state in range(len(STATES))])
_REASONS = tuple(reason for state in model.REASONS for reason in model.REASONS[state])
_FIRST_REASON = {state: _REASONS.index(words[0]) for state, words in model.REASONS.items()}
_PLAIN_WORDS = 0.7
"""Share of statuses that are written as the stage's key."""


@dataclass(frozen=True)
class Statuses:
    """Status changes in the order of person, moment and stage."""

    person: Ints
    record: Ints
    moment: Ints
    state: Ints
    word: Ints
    word_before: Ints
    """-1 = none."""
    sequence: Ints
    """0 = not given."""

    def __len__(self) -> int:
        return len(self.person)


def draw_statuses(rng: np.random.Generator, block: Block) -> Statuses:
    """The status changes that the CRM has seen by the end of the company."""
    person, moment, state, is_reentry = _changes(rng, block)
    order = np.lexsort((state, moment, person))
    person, moment, state, is_reentry = (
        person[order],
        moment[order],
        state[order],
        is_reentry[order],
    )

    plain = rng.random(len(person)) < _PLAIN_WORDS
    other = rng.integers(0, 2**31, len(person)) % _WORD_COUNT[state]
    word = _FIRST_WORD[state] + np.where(plain, 0, other)
    word[is_reentry & (state == LEAD)] = VOCABULARY.index(model.REENTRY_WORD)

    follows = np.zeros(len(person), dtype=np.bool_)
    follows[1:] = person[1:] == person[:-1]
    before = np.where(follows, np.roll(word, 1), -1)
    ties = np.zeros(len(person), dtype=np.bool_)
    ties[1:] = follows[1:] & (moment[1:] == moment[:-1])
    # of two statuses at one moment, half have a sequence; the others the status before tells apart
    numbered = ties & (rng.random(len(person)) < 0.5)
    sequence = np.where(numbered, 2, np.where(np.roll(numbered, -1), 1, 0))
    is_blank = (rng.random(len(person)) < 0.1) & ~ties & ~np.roll(ties, -1)
    return Statuses(
        person=person,
        record=block.records.at(rng, person, moment),
        moment=moment,
        state=state,
        word=word,
        word_before=np.where(is_blank, -1, before),
        sequence=sequence,
    )


def status_rows(rng: np.random.Generator, block: Block, statuses: Statuses) -> Rows:
    """Rows of `lead_status_changes`."""
    count = len(statuses)
    numbers = (block.records.first_number * MAX_EVENTS + np.arange(count)).astype(np.int64)
    has_reason = np.isin(statuses.state, list(_FIRST_REASON)) & (rng.random(count) < 0.9)
    first = np.array([_FIRST_REASON.get(state, 0) for state in range(len(STATES))])
    kinds = np.array([len(model.REASONS.get(state, "-")) for state in range(len(STATES))])
    reason = first[statuses.state] + rng.integers(0, 2**31, count) % kinds[statuses.state]
    return Rows(
        "lead_status_changes",
        {
            # 19 digits: an id that no floating-point number holds
            "event_id": text.ids("1", numbers, 18),
            "lead_id": lead_ids(block, statuses.record),
            "changed_at": text.moments_with_offset(
                statuses.moment,
                with_offset(rng, count),
                block.setting.zones,
                block.persons.zone[statuses.person],
            ),
            "sequence": text.integers(statuses.sequence, statuses.sequence > 0),
            "from_status": text.words(statuses.word_before, VOCABULARY),
            "to_status": text.words(statuses.word, VOCABULARY),
            "reason": text.words(np.where(has_reason, reason, -1), _REASONS),
            "changed_by_rep_id": text.ids(
                "R", block.actor(statuses.person, statuses.moment), 4, statuses.state != LEAD
            ),
        },
        known_at=block.arrivals(rng, statuses.moment),
    )


MAX_EVENTS = 100
"""Room for event numbers, per lead record."""


def lead_ids(block: Block, records: Ints) -> pa.Array:
    """Ids of lead records."""
    return text.ids("L", block.records.first_number + records)


def _changes(rng: np.random.Generator, block: Block) -> tuple[Ints, Ints, Ints, Bools]:
    """Person, moment, state and whether the cycle is a later one, of all changes before the end."""
    journeys = block.journeys
    cycles = np.arange(MAX_CYCLES) > 0
    entered = journeys.entered_at
    parts = []

    def add(where: Bools, moments: Ints, state: Ints | int) -> None:
        person, cycle = np.nonzero(where & (moments < block.setting.window.end))
        states = np.broadcast_to(np.asarray(state, dtype=np.int64), where.shape)[person, cycle]
        parts.append((person, moments[person, cycle], states, cycles[cycle]))

    shape = journeys.exit.shape
    for stage in range(len(STAGES)):
        written = np.ones(shape, dtype=np.bool_)
        if stage in model.STATUS_WRITTEN:
            written = rng.random(shape) < model.STATUS_WRITTEN[stage]
        if stage == LEAD:
            written |= cycles
        if stage == MQL:
            written = journeys.is_mql_in_crm
        add(written, entered[:, :, stage], stage)
    add(journeys.exit != OPEN, journeys.exited_at, journeys.exit)
    add(journeys.regressed_at < NEVER, journeys.regressed_at, journeys.regressed_to)
    repeated = rng.random(shape) < 0.03
    next_at = np.minimum(entered[:, :, SQL:].min(axis=2), journeys.exited_at)
    stay: Floats = np.minimum(next_at - entered[:, :, SAL], 2 * DAY) * rng.random(shape)
    again = repeated & (entered[:, :, SAL] < NEVER) & (stay >= 1)
    add(again, np.where(again, entered[:, :, SAL] + stay.astype(np.int64), NEVER), SAL)
    person, moment, state, is_reentry = (np.concatenate(part) for part in zip(*parts, strict=True))
    return person, moment, state, is_reentry
