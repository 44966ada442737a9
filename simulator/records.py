"""Lead records: the ids under which a person stands in the CRM, with duplicates and merges."""

from dataclasses import dataclass

import numpy as np

from simulator import model
from simulator.clocks import DAY, NEVER, Bools, Ints
from simulator.config import Window
from simulator.journeys import Journeys
from simulator.persons import Persons

NOBODY = -1
SAME_EMAIL, OTHER_EMAIL = 1, 2


@dataclass(frozen=True)
class Records:
    """The lead records of a block: the persons' first ones, in their order, then the duplicates."""

    first_number: int
    """Number of the first record among all leads."""
    person: Ints
    created_at: Ints
    duplicate: Ints
    """0 = the person's first record; SAME_EMAIL or OTHER_EMAIL (then it is merged)."""
    merged_into: Ints
    """Record that survives; NOBODY where it is not merged."""
    merged_at: Ints
    is_test: Bools
    deleted_at: Ints
    second_record: Ints
    """Per person: a duplicate, or NOBODY."""
    mistaken_merges: Ints
    """Merges of two different persons: loser, survivor, merged_at, reversed_at."""

    def __len__(self) -> int:
        return len(self.person)

    @property
    def numbers(self) -> Ints:
        """Number of each record among all leads."""
        return np.arange(self.first_number, self.first_number + len(self), dtype=np.int64)

    def standing(self, records: Ints, moments: Ints) -> Ints:
        """The records that stand for the given ones at a moment, after the merges until then."""
        for _ in range(2):
            merged = self.merged_at[records] <= moments
            records = np.where(merged, self.merged_into[records], records)
        return records

    def at(self, rng: np.random.Generator, persons: Ints, moments: Ints) -> Ints:
        """A record under which each person is met at a moment: the first, sometimes a duplicate."""
        chance = rng.random(len(persons))
        second = self.second_record[persons]
        is_there = (second != NOBODY) & (moments >= self.created_at[second])
        return self.standing(np.where(is_there & (chance < 0.3), second, persons), moments)

    def survivors(self) -> Ints:
        """Per person: the record that survives all merges; of one e-mail, the first."""
        persons = np.arange(len(self.second_record))
        return self.standing(persons, np.full(len(persons), NEVER - 1))


def person_count(records: int) -> int:
    """Persons behind a number of lead records."""
    return records - int(records * model.DUPLICATE_SHARE)


def draw_records(
    rng: np.random.Generator,
    persons: Persons,
    journeys: Journeys,
    window: Window,
    *,
    first_number: int,
    count: int,
) -> Records:
    """Records of the persons; `count` - len(persons) are duplicates.

    A duplicate comes before its person first leaves the funnel: a new record of somebody who has
    left it would bring them back.
    """
    people = len(persons)
    is_test, deleted_at = _tests_and_deletions(rng, persons, count, window)
    person = np.arange(count, dtype=np.int64)
    created_at = np.concatenate([persons.created_at, np.zeros(count - people, dtype=np.int64)])
    duplicate = np.zeros(count, dtype=np.int64)
    merged_into = np.full(count, NOBODY)
    merged_at = np.full(count, NEVER)
    second = np.full(people, NOBODY)

    # all merges stand well before the end, so that the last events of the company are later
    last = window.end - 2 * DAY
    limit = np.minimum(journeys.first_exited_at, last - DAY)
    eligible = persons.has_email & ~is_test[:people] & (deleted_at[:people] == NEVER)
    candidates = rng.permutation(np.flatnonzero(eligible & (limit > persons.created_at + 60)))
    chained = int((count - people) * model.CHAIN_SHARE)
    merged = int((count - people) * model.MERGED_SHARE)
    second_number = np.arange(people, count - chained)
    third_number = np.arange(count - chained, count)
    owners = candidates[: len(second_number)]
    chain, pair = owners[:chained], owners[chained : chained + merged]

    second[owners] = second_number
    person[people:] = np.concatenate([owners, chain])
    since = persons.created_at[person[people:]]
    span = limit[person[people:]] - since
    created_at[people:] = since + (span * rng.random(count - people) ** 2).astype(np.int64)
    duplicate[second_number] = np.where(
        np.arange(len(owners)) < chained + merged, OTHER_EMAIL, SAME_EMAIL
    )
    duplicate[third_number] = OTHER_EMAIL

    # a chain: the first into the second, later that into the third; a pair: mostly into the first
    merged_into[chain], merged_into[second[chain]] = second[chain], third_number
    both = np.maximum(created_at[second[chain]], created_at[third_number])
    merged_at[chain] = _soon(rng, both, last - 1)
    merged_at[second[chain]] = _soon(rng, merged_at[chain] + 1, last)
    into_first = rng.random(merged) < 0.7
    loser = np.where(into_first, second[pair], pair)
    merged_into[loser] = np.where(into_first, pair, second[pair])
    merged_at[loser] = _soon(rng, created_at[second[pair]], last)

    # half of the merged-away records are deleted with the merge
    swept = (merged_at < NEVER) & (rng.random(count) < 0.5)
    return Records(
        first_number=first_number,
        person=person,
        created_at=created_at,
        duplicate=duplicate,
        merged_into=merged_into,
        merged_at=merged_at,
        is_test=is_test,
        deleted_at=np.where(swept, merged_at, deleted_at),
        second_record=second,
        mistaken_merges=_mistaken_merges(rng, candidates[len(owners) :], persons, last),
    )


def _tests_and_deletions(
    rng: np.random.Generator, persons: Persons, count: int, window: Window
) -> tuple[Bools, Ints]:
    people = len(persons)
    chance = np.concatenate([rng.random(people), np.ones(count - people)])
    is_deleted = (chance >= model.TEST_SHARE) & (chance < model.TEST_SHARE + model.DELETED_SHARE)
    deleted_at = np.full(count, NEVER)
    where = np.flatnonzero(is_deleted)
    deleted_at[where] = _soon(rng, persons.created_at[where], window.end)
    return chance < model.TEST_SHARE, deleted_at


def _mistaken_merges(rng: np.random.Generator, free: Ints, persons: Persons, last: int) -> Ints:
    """Two persons whom the CRM merged and then took apart again, within the time observed."""
    pairs = min(round(len(persons) * model.REVERSED_MERGES), len(free) // 2)
    loser, survivor = free[:pairs], free[pairs : 2 * pairs]
    both = np.maximum(persons.created_at[loser], persons.created_at[survivor])
    merged_at = _soon(rng, both, last - 1)
    return np.stack([loser, survivor, merged_at, _soon(rng, merged_at + 1, last)], axis=1)


def _soon(rng: np.random.Generator, since: Ints, limit: int) -> Ints:
    """Within 20 days, and before the limit."""
    span = np.minimum(limit - since, 20 * DAY)
    return np.asarray(since + (span * rng.random(len(since))).astype(np.int64))
