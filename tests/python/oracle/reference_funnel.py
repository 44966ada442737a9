"""The funnel by the project's rules, in plain Python, from landed files: an oracle for the models.

It is written from the rules (persons, order of events, evidence, stints, cycles, entries), not from
the SQL, and walks each person event by event where the models use windows. Leads, persons and reps
are named by (source system, id).
"""

import csv
import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

from landed_rows import LandedTable, Row, read_landed

from orchestration.contract import PROJECT_DIR

Key = tuple[str, str]
STAGES = ("lead", "mql", "sal", "sql", "opportunity", "customer")
SIDES = ("recycled", "disqualified", "lost")
PAID_ORDERS = ("paid", "refunded")
FOREVER = datetime(9999, 12, 31)


def surrogate(*parts: str) -> str:
    """The surrogate key that core tables are joined by."""
    return hashlib.md5("|".join(parts).encode(), usedforsecurity=False).hexdigest()


def ordinal(stage: str) -> int:
    """Place in the funnel; side stages stand before all of it."""
    return 10 * (STAGES.index(stage) + 1) if stage in STAGES else 0


def meaning(
    system: str, word: str | None, at: datetime, status_field: str = "lifecycle"
) -> str | None:
    """The stage that a word means, by the system's own map or else the common one."""
    for owner in (system, ""):
        for mapped in seed("stage_map"):
            if (
                mapped["source_system"] == owner
                and (mapped["status_field"] or "lifecycle") == status_field
                and mapped["status"] == word_of(word)
            ):
                valid_from = datetime.fromisoformat(mapped["valid_from"])
                valid_to = datetime.fromisoformat(mapped["valid_to"] or str(FOREVER))
                if valid_from <= at < valid_to:
                    return mapped["stage_key"] or None
    return None


def told_outcome(deal: Row) -> bool | None:
    """Whether a deal was won, as its record says or else its stage; None where neither does."""
    if deal["is_won"] or (deal["is_won"] is False and deal["closed_at"]):
        return bool(deal["is_won"])
    stage = meaning(deal["source_system"], deal["stage"], deal["closed_at"] or deal["created_at"])
    if stage == "customer" and deal["is_won"] is None:
        return True
    return False if stage == "lost" else None


def known_outcome(deal: Row, as_of: datetime) -> bool | None:
    """The outcome of a deal as far as it was known."""
    at = deal["closed_at"] or deal["updated_at"]
    return told_outcome(deal) if at is None or at <= as_of else None


@dataclass(frozen=True)
class Event:
    """Something that shows a stage: a status change, or evidence that it was reached."""

    at: datetime
    stage: str
    evidence: str
    source_system: str
    event_id: str
    reason: str | None = None
    rep_id: str | None = None

    @property
    def is_status(self) -> bool:
        return self.evidence == "status_change"

    @property
    def is_loss(self) -> bool:
        return self.evidence == "opportunity_lost"

    @property
    def is_creation(self) -> bool:
        return self.evidence == "creation"


@dataclass(frozen=True)
class Stint:
    """A stretch of time in one stage."""

    person: Key
    number: int
    cycle: int
    event: Event
    next_event: Event | None
    is_regression: bool
    segments: dict[str, str]

    @property
    def stage(self) -> str:
        return self.event.stage

    @property
    def is_side(self) -> bool:
        return self.stage in SIDES

    @property
    def exited_at(self) -> datetime | None:
        """When the next one began; where that is dated before this one, its own beginning."""
        return max(self.event.at, self.next_event.at) if self.next_event else None


@dataclass(frozen=True)
class Entry:
    """A stage that a cycle reached; `observed` is None where it was skipped."""

    person: Key
    cycle: int
    stage: str
    observed: Stint | None
    reached: Stint
    reached_at: datetime

    @property
    def shown_by(self) -> Stint:
        return self.observed or self.reached


class ReferenceFunnel:
    """Persons, stints, cycles, entries and transitions of a landing folder.

    `score_events`: person, rule, moment and evidence id of the MQL rules that go by score.
    """

    def __init__(
        self,
        landing: Path,
        as_of: datetime | None = None,
        score_events: Iterable[tuple[Key, str, datetime, Key]] = (),
    ) -> None:
        self.landing = landing
        self.score_events = list(score_events)
        self.pin = as_of
        self.left_behind: dict[Key, tuple[str, datetime]] = {}
        self.as_of = as_of or self._latest_moment()

    # --- landed rows

    @cached_property
    def tables(self) -> dict[str, LandedTable]:
        names = (
            "leads",
            "lead_merges",
            "lead_status_changes",
            "activities",
            "opportunities",
            "orders",
            "subscriptions",
            "reps",
        )
        return {name: read_landed(self.landing, name, self.pin) for name in names}

    @cached_property
    def leads(self) -> dict[Key, Row]:
        return {_key(row, "lead_id"): row for row in self.tables["leads"].staged}

    def _latest_moment(self) -> datetime:
        columns = {
            "leads": ("created_at", "updated_at"),
            "lead_status_changes": ("changed_at",),
            "activities": ("occurred_at",),
            "opportunities": ("created_at", "updated_at"),
        }
        moments: list[datetime] = [
            row[column]
            for name, names in columns.items()
            for column in names
            for row in self.tables[name].staged
            if row[column]
        ]
        return max(moments)

    # --- persons

    @cached_property
    def standing_merges(self) -> set[tuple[Key, Key]]:
        """Loser and survivor of the merges that hold at as_of, between leads that may count."""
        found = set()
        for row in self.tables["lead_merges"].staged:
            loser, survivor = _key(row, "loser_lead_id"), _key(row, "survivor_lead_id")
            is_reversed = row["reversed_at"] is not None and row["reversed_at"] <= self.as_of
            if (
                (row["merged_at"] is None or row["merged_at"] <= self.as_of)
                and not is_reversed
                and loser != survivor
                and not any(self._is_out(lead) for lead in (loser, survivor))
            ):
                found.add((loser, survivor))
        return found

    def _is_out(self, lead: Key) -> bool:
        row = self.leads.get(lead)
        return row is not None and (bool(row["is_test"]) or row["created_at"] > self.as_of)

    @cached_property
    def merged_away(self) -> set[Key]:
        losers = {loser for loser, _ in self.standing_merges}
        return {
            loser
            for loser, survivor in self.standing_merges
            if survivor in self.leads or survivor in losers
        }

    @cached_property
    def losers(self) -> set[Key]:
        """The leads that a standing merge takes away, wherever to."""
        return {loser for loser, _ in self.standing_merges}

    @cached_property
    def in_merge_circle(self) -> set[Key]:
        """Leads that come back to themselves when their merges are followed."""
        into = defaultdict(set)
        for loser, survivor in self.standing_merges:
            into[loser].add(survivor)
        found = set()
        for start in list(into):
            seen: set[Key] = set()
            ahead = list(into[start])
            while ahead:
                lead = ahead.pop()
                if lead not in seen:
                    seen.add(lead)
                    ahead += into[lead]
            if start in seen:
                found.add(start)
        return found

    @cached_property
    def person_of(self) -> dict[Key, Key | None]:
        """The surviving lead of each lead; None for a lead that counts for nobody."""
        members = {
            lead
            for lead, row in self.leads.items()
            if not self._is_out(lead) and (not row["is_deleted"] or lead in self.losers)
        }
        # what a merge names and nobody landed holds others together as well
        members |= {
            lead for pair in self.standing_merges for lead in pair if lead not in self.leads
        }
        links: dict[Key, set[Key]] = {lead: set() for lead in members}
        for loser, survivor in self.standing_merges:
            if survivor in members:
                links[loser].add(survivor)
                links[survivor].add(loser)
        first_with: dict[str, Key] = {}
        for lead in members:
            email = _email(self.leads[lead]) if lead in self.leads else None
            if email:
                other = first_with.setdefault(email, lead)
                links[lead].add(other)
                links[other].add(lead)
        person_of: dict[Key, Key | None] = dict.fromkeys(self.leads)
        done: set[Key] = set()
        for lead in members:
            if lead not in done:
                group = _connected(lead, links)
                done |= group
                survivor = self._survivor({lead for lead in group if lead in self.leads})
                person_of |= dict.fromkeys(group, survivor)
        return person_of

    def _survivor(self, group: set[Key]) -> Key | None:
        """Of one person's leads, the one that stands for it; None where all went with a deleted."""
        if not group:
            return None
        first = min(
            group,
            key=lambda lead: (
                lead in self.merged_away,
                lead not in self.in_merge_circle,
                bool(self.leads[lead]["is_deleted"]),
                self.leads[lead]["created_at"],
                lead,
            ),
        )
        ends_in_deleted = any(
            loser in group
            and survivor in self.leads
            and survivor not in self.losers
            and self.leads[survivor]["is_deleted"]
            for loser, survivor in self.standing_merges
        )
        went = first in self.merged_away and first not in self.in_merge_circle and ends_in_deleted
        return None if self.leads[first]["is_deleted"] or went else first

    def disposition(self, lead: Key) -> str:
        """What became of a lead."""
        row, person = self.leads[lead], self.person_of[lead]
        if row["is_test"]:
            return "test"
        if row["created_at"] > self.as_of:
            return "after_as_of"
        if person is None:
            return "deleted"
        if person == lead:
            return "survivor"
        return "merged" if lead in self.losers else "same_email"

    @cached_property
    def records_of(self) -> dict[Key, list[Key]]:
        """The leads of each person."""
        records = defaultdict(list)
        for lead, person in self.person_of.items():
            if person is not None and lead in self.leads:
                records[person].append(lead)
        return dict(records)

    # --- events

    @cached_property
    def statuses(self) -> dict[Key, list[Event]]:
        """The mapped status changes of each person, in their order."""
        return {
            person: self._status_events(person, changes)
            for person, changes in self._changes_of("lifecycle").items()
        }

    @cached_property
    def working_statuses(self) -> dict[Key, list[Row]]:
        """The changes of each person's working status, in their order."""
        return self._changes_of("working")

    def _changes_of(self, status_field: str) -> dict[Key, list[Row]]:
        rows = defaultdict(list)
        for row in self.tables["lead_status_changes"].staged:
            person = self.person_of.get(_key(row, "lead_id"))
            is_of_field = (row["status_field"] or "lifecycle") == status_field
            if person is not None and row["changed_at"] <= self.as_of and is_of_field:
                rows[person].append(row)
        return {person: self._in_order(changes) for person, changes in rows.items()}

    def _in_order(self, rows: list[Row]) -> list[Row]:
        def moment(row: Row) -> tuple[Any, ...]:
            sequence = row["sequence"]
            return (row["changed_at"], sequence is None, sequence or 0)

        def by_stage_and_id(row: Row) -> tuple[Any, ...]:
            stage = self.stage_of(row)
            is_funnel = stage in STAGES
            return (
                not is_funnel,
                ordinal(stage) if stage else 0,
                row["event_id"],
                surrogate(*_key(row, "lead_id")),
            )

        ordered: list[Row] = []
        current = None
        for _, tied in groupby(sorted(rows, key=moment), key=moment):
            left = sorted(tied, key=by_stage_and_id)
            while left:
                following = [
                    row for row in left if current and word_of(row["from_status"]) == current
                ]
                row = (following or left)[0]
                left.remove(row)
                current = word_of(row["to_status"])
                ordered.append(row)
        return ordered

    def _status_events(self, person: Key, rows: list[Row]) -> list[Event]:
        before = self.stage_of(rows[0], "from_status")
        if before:
            self.left_behind[person] = before, rows[0]["changed_at"]
        return [
            Event(
                at=row["changed_at"],
                stage=stage,
                evidence="status_change",
                source_system=row["source_system"],
                event_id=row["event_id"],
                reason=row["reason"],
                rep_id=row["changed_by_rep_id"],
            )
            for row in rows
            if (stage := self.stage_of(row))
        ]

    def stage_of(self, row: Row, status: str = "to_status") -> str | None:
        """The stage that a status means, by the system's own map or else the common one."""
        field = row["status_field"] or "lifecycle"
        return meaning(row["source_system"], row[status], row["changed_at"], field)

    @cached_property
    def other_evidence(self) -> dict[Key, list[Event]]:
        """Evidence of each person besides status changes."""
        found: dict[Key, list[Event]] = defaultdict(list)

        def add(person: Key | None, event: Event) -> None:
            if person is not None and event.at <= self.as_of:
                found[person].append(event)

        for lead, row in self.leads.items():
            add(self.person_of[lead], Event(row["created_at"], "lead", "creation", *lead))
        for actor, action in self.late_stage_actions:
            add(actor, action)
        for scored, rule, at, key in self.score_events:
            add(scored, Event(at, "mql", f"mql_rule:{rule}", *key))
        for row in self.tables["opportunities"].staged:
            person = self._person(row)
            key, rep = _key(row, "opportunity_id"), row["owner_rep_id"]
            opened = Event(
                row["created_at"], "opportunity", "opportunity_created", *key, rep_id=rep
            )
            add(person, opened)
            is_won = known_outcome(row, self.as_of)
            if is_won and row["closed_at"] and row["created_at"] <= self.as_of:
                won = Event(row["closed_at"], "customer", "opportunity_won", *key, rep_id=rep)
                add(person, won)
        for row in self.tables["orders"].staged:
            if row["status"] in PAID_ORDERS and row["amount"] >= 0:
                key = _key(row, "order_id")
                add(self._buyer(row), Event(row["ordered_at"], "customer", "order", *key))
        for row in self.tables["subscriptions"].staged:
            if row["mrr"] > 0:
                key = _key(row, "subscription_id")
                event = Event(row["started_at"], "customer", "subscription", *key)
                add(self._person(row), event)
        for person, deals in self._deals.items():
            events = [*found[person], *self.statuses.get(person, ())]
            bought = min((e.at for e in events if e.stage == "customer"), default=FOREVER)
            found[person] += [loss for loss in self._losses(person, deals) if loss.at < bought]
        return found

    def standing_statuses(self, person: Key) -> list[Event]:
        """The person's statuses but those that say lost where the deals say otherwise."""
        overruled = self._overruled(person)
        return [e for e in self.statuses.get(person, ()) if e not in overruled]

    def _overruled(self, person: Key) -> dict[Event, bool]:
        """Statuses of loss while a deal was open (True), or was won and nothing moved since."""
        found: dict[Event, bool] = {}
        moved_at = datetime.min
        for event in self.statuses.get(person, ()):
            if event.stage != "lost":
                if event.stage != "customer":
                    moved_at = max(moved_at, event.at)
                continue
            for deal in self._deals.get(person, ()):
                is_won = known_outcome(deal, self.as_of)
                if is_won is not None and deal["closed_at"] is None:
                    continue
                ends_at = deal["closed_at"] if is_won is not None else FOREVER
                if min(deal["created_at"], ends_at) > event.at:
                    continue
                if ends_at > event.at:
                    found[event] = True
                elif is_won and ends_at >= moved_at:
                    found.setdefault(event, False)
        return found

    def _losses(self, person: Key, deals: list[Row]) -> Iterable[Event]:
        """The losses after which no deal was open, of a person of whom none had been won."""
        reasons = [
            (event.at, event.reason)
            for event, is_open in self._overruled(person).items()
            if is_open and event.reason
        ]
        outcomes = [(deal, known_outcome(deal, self.as_of)) for deal in deals]
        won = [deal["closed_at"] or datetime.min for deal, is_won in outcomes if is_won]
        lost = [deal for deal, is_won in outcomes if is_won is False and deal["closed_at"]]

        def is_open(deal: Row, is_won: bool | None, at: datetime) -> bool:
            ends_at = deal["closed_at"] if is_won is not None and deal["closed_at"] else FOREVER
            return bool(min(deal["created_at"], ends_at) <= at < ends_at)

        for at in {deal["closed_at"] for deal in lost}:
            if (
                any(is_open(*outcome, at) for outcome in outcomes)
                or min(won, default=FOREVER) <= at
            ):
                continue
            deal = min(
                (deal for deal in lost if deal["closed_at"] == at),
                key=lambda deal: (not deal["lost_reason"], *_key(deal, "opportunity_id")),
            )
            opened_at = min(deal["created_at"], at)
            said = [(day, why) for day, why in reasons if opened_at <= day <= at]
            yield Event(
                at,
                "lost",
                "opportunity_lost",
                *_key(deal, "opportunity_id"),
                reason=deal["lost_reason"] or (max(said)[1] if said else None),
                rep_id=deal["owner_rep_id"],
            )

    @cached_property
    def _deals(self) -> dict[Key, list[Row]]:
        deals = defaultdict(list)
        for deal in self._opportunities.values():
            person = self._person(deal)
            if person is not None:
                deals[person].append(deal)
        return dict(deals)

    @cached_property
    def late_stage_actions(self) -> list[tuple[Key, Event]]:
        """Actions that make an MQL of a person who is known by an e-mail."""
        types = {
            row["activity_type"] for row in seed("activity_types") if row["is_late_stage"] == "true"
        }
        rules = [row for row in seed("mql_rules") if row["trigger"] == "late_stage_action"]
        found = []
        for row in self.tables["activities"].staged:
            person = self._person(row)
            if person is None or row["activity_type"] not in types:
                continue
            if not self.is_known(person, row["occurred_at"]):
                continue
            for rule in rules:
                valid_from = datetime.fromisoformat(rule["valid_from"])
                valid_to = datetime.fromisoformat(rule["valid_to"] or str(FOREVER))
                if valid_from <= row["occurred_at"] < valid_to:
                    key = _key(row, "activity_id")
                    evidence = f"mql_rule:{rule['rule_key']}"
                    found.append((person, Event(row["occurred_at"], "mql", evidence, *key)))
        return found

    def is_known(self, person: Key, at: datetime) -> bool:
        """Whether the person has left an e-mail address by a moment."""
        first, *later = self._timelines[person]
        return _email(first[1]) is not None or any(
            _email(row) for since, row in later if since <= at
        )

    def _person(self, row: Row) -> Key | None:
        return self.person_of.get(_key(row, "lead_id")) if row["lead_id"] else None

    def _buyer(self, row: Row) -> Key | None:
        """An order whose own lead is not there belongs to the lead of its opportunity."""
        if row["lead_id"] and _key(row, "lead_id") in self.person_of:
            return self._person(row)
        opportunity = self._opportunities.get(_key(row, "opportunity_id"))
        return self._person(opportunity) if opportunity else None

    @cached_property
    def _opportunities(self) -> dict[Key, Row]:
        return {
            _key(row, "opportunity_id"): row
            for row in self.tables["opportunities"].staged
            if row["created_at"] <= self.as_of
        }

    # --- stints, cycles, entries, transitions

    @cached_property
    def stints(self) -> dict[Key, list[Stint]]:
        """The stints of each person, in order."""
        return {
            person: self._stints(person, moves(self.standing_statuses(person), others))
            for person, others in self.other_evidence.items()
        }

    def _stints(self, person: Key, events: Sequence[Event]) -> list[Stint]:
        stints: list[Stint] = []
        cycle = 1
        for number, event in enumerate(events):
            before = events[number - 1].stage if number else None
            is_side = event.stage in SIDES
            if before in SIDES and not is_side:
                cycle += 1
            is_step_back = before in STAGES and ordinal(event.stage) < ordinal(before or "")
            stints.append(
                Stint(
                    person=person,
                    number=number + 1,
                    cycle=cycle,
                    event=event,
                    next_event=events[number + 1] if number + 1 < len(events) else None,
                    is_regression=is_step_back and not is_side,
                    segments=self.segments(person, event.at),
                )
            )
        return stints

    @cached_property
    def cycles(self) -> dict[tuple[Key, int], list[Stint]]:
        """The stints of each cycle."""
        return {
            (person, cycle): list(stints)
            for person, of_person in self.stints.items()
            for cycle, stints in groupby(of_person, key=lambda stint: stint.cycle)
        }

    @cached_property
    def entries(self) -> list[Entry]:
        """One entry per cycle and stage that it reached."""
        found = []
        for (person, cycle), stints in self.cycles.items():
            for stage in STAGES:
                shown = [(s, s.stage, s.event.at) for s in stints if not s.is_side]
                left, at = self.left_behind.get(person, (None, FOREVER))
                shown += [(s, left, at) for s in stints if left and _stands_at(s, at)]
                reached = [
                    (stint, moment)
                    for stint, shown_stage, moment in shown
                    if ordinal(shown_stage) >= ordinal(stage)
                ]
                observed = [s for s in stints if s.stage == stage]
                if reached:
                    first = observed[0] if observed else None
                    stint = min((stint for stint, _ in reached), key=lambda stint: stint.number)
                    moment = min(moment for _, moment in reached)
                    found.append(Entry(person, cycle, stage, first, stint, moment))
        return found

    def conversion(self, entry: Entry, to_stage: str) -> Stint | None:
        """The stint by which an observed entry reached a later stage, or went past it."""
        assert entry.observed is not None
        return next(
            (
                stint
                for stint in self.cycles[entry.person, entry.cycle]
                if stint.number > entry.observed.number
                and not stint.is_side
                and ordinal(stint.stage) >= ordinal(to_stage)
            ),
            None,
        )

    def inferred_at(self, entry: Entry, to_stage: str) -> datetime | None:
        """When an observed entry's later stage was shown that no stint of the cycle is in."""
        assert entry.observed is not None
        since = entry.observed.event.at
        of_stage = (self.entry_of.get((entry.person, entry.cycle, to_stage)),)
        return next(
            (e.reached_at for e in of_stage if e and not e.observed and e.reached_at > since), None
        )

    def converted_at(self, entry: Entry, to_stage: str) -> datetime | None:
        """When an observed entry reached a later stage, or when that was shown."""
        stint = self.conversion(entry, to_stage)
        return stint.event.at if stint else self.inferred_at(entry, to_stage)

    @cached_property
    def entry_of(self) -> dict[tuple[Key, int, str], Entry]:
        """The entries by person, cycle and stage."""
        return {(entry.person, entry.cycle, entry.stage): entry for entry in self.entries}

    def outcome(self, person: Key, cycle: int) -> str:
        """How a cycle ended, or `open`."""
        stints = self.cycles[person, cycle]
        if (person, cycle, "customer") in self.entry_of:
            return "customer"
        return stints[-1].stage if stints[-1].is_side else "open"

    def created_at(self, person: Key) -> datetime:
        """Creation of the person's first lead."""
        moments: list[datetime] = [
            self.leads[lead]["created_at"] for lead in self.records_of[person]
        ]
        return min(moments)

    # --- segments

    @cached_property
    def _timelines(self) -> dict[Key, list[tuple[datetime, Row]]]:
        """The versions of each person's leads, from when they speak for the person.

        A version speaks from when it was written, a lead's first one also from its creation: an
        export may keep no others.
        """
        versions: dict[Key, dict[datetime, Row]] = defaultdict(dict)
        for row in self.tables["leads"].versions:
            of_lead = versions[_key(row, "lead_id")]
            written_at = max(row["updated_at"] or row["created_at"], row["created_at"])
            if written_at not in of_lead or _stands_before(row, of_lead[written_at]):
                of_lead[written_at] = row
        found = {}
        for person, leads in self.records_of.items():
            spoken = []
            for lead in leads:
                created_at = self.leads[lead]["created_at"]
                first = min(versions[lead])
                moments = [*versions[lead].items(), (min(created_at, first), versions[lead][first])]
                spoken += [(at, created_at, surrogate(*lead), row) for at, row in moments]
            spoken.sort(key=lambda line: line[:3])
            found[person] = _with_origins(
                [(at, key, row) for at, _, key, row in spoken if at <= self.as_of]
            )
        return found

    def record(self, person: Key, at: datetime) -> Row:
        """The record that speaks for the person at a moment; before the first, that one."""
        timeline = self._timelines[person]
        return next((row for since, row in reversed(timeline) if since <= at), timeline[0][1])

    def timeline(self, person: Key) -> list[tuple[datetime, Row]]:
        """What the person's records say, each from its moment on; the first also before it."""
        return self._timelines[person]

    def segments(self, person: Key, at: datetime) -> dict[str, str]:
        """What the person's records said at a moment; before the first, what that one says."""
        row = self.record(person, at)
        return {
            "source_system": row["source_system"],
            "channel": row["channel"] or "unassigned",
            "campaign": row["campaign_id"] or "unassigned",
            "country": row["country"] or "unassigned",
            "origin_owner": row["origin_owner"] or "unassigned",
            "owner_team": self._team(row, at.date()),
            "persona": self._persona(row, at),
            "fit_band": self._fit_band(row, at),
        }

    def _persona(self, row: Row, at: datetime) -> str:
        rules = [rule for rule in seed("persona_rules") if _is_in_force(rule, at)]
        for persona in sorted(seed("personas"), key=lambda line: int(line["priority"])):
            asked = [r for r in rules if r["persona_key"] == persona["persona_key"]]
            if asked and all(_matches(rule, row) for rule in asked):
                return persona["persona_key"]
        return "unassigned"

    def _fit_band(self, row: Row, at: datetime) -> str:
        fit = sum(
            float(rule["points"])
            for rule in seed("scoring_rules")
            if rule["dimension"] == "fit" and _is_in_force(rule, at) and _matches(rule, row)
        )
        bands = sorted(
            (float(line["min_points"]), line["band"])
            for line in seed("score_bands")
            if line["dimension"] == "fit"
        )
        return next((band for least, band in reversed(bands) if least <= fit), bands[0][1])

    def _team(self, row: Row, day: date) -> str:
        spell = self.rep(_key(row, "owner_rep_id"), day)
        return (spell["team"] if spell else None) or "unassigned"

    def rep(self, rep: Key, day: date) -> Row | None:
        """What holds of a rep on a day; before the first row, what that one says."""
        spells = self._rep_spells.get(rep, [])
        spell = next((s for s in reversed(spells) if s["valid_from"] <= day), None)
        return spell or (spells[0] if spells else None)

    @cached_property
    def _rep_spells(self) -> dict[Key, list[Row]]:
        spells = defaultdict(list)
        for row in sorted(self.tables["reps"].staged, key=lambda row: row["valid_from"]):
            spells[_key(row, "rep_id")].append(row)
        return dict(spells)


def moves(statuses: Sequence[Event], others: Sequence[Event]) -> list[Event]:
    """The events that move a person, in order.

    A status says where the person is, even backwards. Other evidence says that the person got at
    least this far: it counts where it lies further than all since the last status. The loss of the
    last open deal counts where the person is under way.
    """
    moved: list[Event] = []
    furthest = -1
    for event in in_order(statuses, others):
        if event.is_loss:
            if furthest <= 0:
                continue
            furthest = 0
        elif not event.is_status and ordinal(event.stage) <= furthest:
            continue
        else:
            furthest = (
                ordinal(event.stage) if event.is_status else max(furthest, ordinal(event.stage))
            )
        if not moved or moved[-1].stage != event.stage:
            moved.append(event)
    return moved


def in_order(statuses: Sequence[Event], others: Sequence[Event]) -> list[Event]:
    """The first creation, then by moment; a status keeps its place among evidence of its moment."""
    beginning = min(
        (event for event in others if event.is_creation),
        key=lambda event: (event.at, event.source_system, event.event_id),
    )
    others = [event for event in others if event is not beginning]
    ordered = [beginning]
    for moment in sorted({event.at for event in (*statuses, *others)}):
        waiting = sorted(
            (event for event in others if event.at == moment),
            key=lambda event: (
                ordinal(event.stage) or 99,
                not event.is_creation,
                event.evidence,
                event.source_system,
                event.event_id,
            ),
        )
        furthest = 0
        for status in (event for event in statuses if event.at == moment):
            furthest = max(furthest, ordinal(status.stage) or 99)
            while waiting and (
                (ordinal(waiting[0].stage) or 99) < furthest
                or (waiting[0].is_creation and ordinal(waiting[0].stage) == furthest)
            ):
                ordered.append(waiting.pop(0))
            ordered.append(status)
        ordered += waiting
    return ordered


def _stands_at(stint: Stint, moment: datetime) -> bool:
    return stint.event.at <= moment < (stint.exited_at or FOREVER)


def elapsed_days(since: datetime, until: datetime) -> int:
    """Whole days of 24 hours."""
    return (until - since) // timedelta(days=1)


@cache
def seed(name: str) -> list[dict[str, str]]:
    """The rows of a seed; an empty field is ''."""
    with (PROJECT_DIR / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _key(row: Row, column: str) -> Key:
    return row["source_system"], row[column]


def _email(row: Row) -> str | None:
    address = (row["email"] or "").strip(" ").lower()
    name, at, domain = address.partition("@")
    host, dot, ending = domain.rpartition(".")
    is_address = (
        name and at and host and dot and ending and " " not in address and "@" not in domain
    )
    return address if is_address else None


def _is_in_force(rule: dict[str, str], at: datetime) -> bool:
    since, until = rule["valid_from"], rule["valid_to"]
    return datetime.fromisoformat(since) <= at and (not until or at < datetime.fromisoformat(until))


def _with_origins(spoken: list[tuple[datetime, str, Row]]) -> list[tuple[datetime, Row]]:
    """A person's records, with the origin of the first lead that names one.

    Channel and campaign go together; the lead's own later versions hold.
    """
    origins = (("channel", "campaign_id"), ("lead_source",), ("origin_owner",))
    if len({key for _, key, _ in spoken}) < 2:
        return [(at, row) for at, _, row in spoken]
    found = []
    for number, (at, _, record) in enumerate(spoken):
        row = dict(record)
        for columns in origins:
            named = [key for _, key, said in spoken if any(said[column] for column in columns)]
            said_last = [said for _, key, said in spoken[: number + 1] if [key] == named[:1]]
            for column in columns:
                row[column] = said_last[-1][column] if said_last else None
        found.append((at, row))
    return found


def _matches(rule: dict[str, str], row: Row) -> bool:
    known = row | {"email_domain": (_email(row) or "").partition("@")[2] or None}
    actual, expected = known[rule["subject"]], rule["value"].lower()
    if actual is None:
        return False
    operator = rule["operator"]
    if operator in ("equals", "in", "not_in"):
        words = [expected] if operator == "equals" else expected.split(";")
        return (str(actual).lower() in words) != (operator == "not_in")
    low, high = {
        "between": lambda: tuple(map(float, expected.split(";"))),
        "greater_than": lambda: (math.nextafter(float(expected), math.inf), math.inf),
        "less_than": lambda: (-math.inf, math.nextafter(float(expected), -math.inf)),
    }[operator]()
    return low <= float(actual) <= high


def word_of(status: str | None) -> str | None:
    """A status as the maps spell it."""
    return status.replace("_", " ").strip(" ").lower() if status else None


def _stands_before(row: Row, other: Row) -> bool:
    def rank(version: Row) -> tuple[Any, ...]:
        return version["_is_staged"], version["_file"], version["_row"]

    return rank(row) > rank(other)


def _connected(start: Key, links: dict[Key, set[Key]]) -> set[Key]:
    found: set[Key] = set()
    ahead = [start]
    while ahead:
        lead = ahead.pop()
        if lead not in found:
            found.add(lead)
            ahead += links[lead]
    return found
