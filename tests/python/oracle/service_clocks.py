"""The clocks of service levels by their definition, from landed files: one clock at a time."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from landed_rows import Row
from reference_funnel import FOREVER, Entry, Key, ReferenceFunnel, Stint, seed, surrogate, word_of
from work_diary import Diary, seeded_diaries

HOUR = timedelta(minutes=60)
MINUTE = timedelta(minutes=1)


class ServiceClocks:
    """Every clock that an observed entry starts, as the columns of the fact should have it."""

    def __init__(self, funnel: ReferenceFunnel) -> None:
        self.funnel = funnel
        self.diaries = seeded_diaries()
        self.contacts = self._contacts()
        self.decided_at: dict[Key, list[datetime]] = defaultdict(list)
        for person, _, at in self._told_by_status("is_decision"):
            self.decided_at[person].append(at)
        self.recording_systems = {
            row["source_system"] for rows in self.contacts.values() for row in rows
        }

    def clocks(self) -> list[dict[str, Any]]:
        return [
            self._clock(entry, policy)
            for entry in self.funnel.entries
            for policy in seed("sla_policies")
            if entry.observed and self._is_started_by(policy, entry.stage, entry.observed)
        ]

    def _is_started_by(self, policy: dict[str, str], stage: str, stint: Stint) -> bool:
        until = policy["valid_to"] or "9999-12-31"
        return (
            policy["start_stage"] == stage
            and policy["valid_from"] <= f"{stint.event.at:%Y-%m-%d}" < until
            and (policy["stops_on"] != "contact" or self._is_contact_known(stint))
        )

    def _clock(self, entry: Entry, policy: dict[str, str]) -> dict[str, Any]:
        assert entry.observed is not None
        person, as_of, start = entry.person, self.funnel.as_of, entry.observed.event.at
        owner, _, calendar = self._owner(person, start)
        diary = self.diaries[calendar]
        deadline = diary.deadline(start, _limit(policy, diary, start))
        ends_at = self._cycle_start(person, entry.cycle + 1)
        begins_at = self._cycle_start(person, entry.cycle) if entry.cycle > 1 else datetime.min
        earliest = max(begins_at, start - timedelta(days=int(policy["lookback_days"])))
        contacts = [
            row for row in self.contacts[person] if earliest <= row["occurred_at"] < ends_at
        ]
        before = [row["occurred_at"] for row in contacts if row["occurred_at"] < start]
        after = [row["occurred_at"] for row in contacts if row["occurred_at"] >= start]
        contacted_at = max(before) if before else min(after, default=None)
        counts_at = start if before else contacted_at
        stopped_at, stopped_by = counts_at, "contact" if contacts else None
        if policy["stops_on"] == "stage":
            stopped_at, stopped_by = self._decision(entry, policy)
        if stopped_at is not None:
            status = "met" if deadline is None or stopped_at <= deadline else "breached"
        else:
            status = "open_breached" if deadline and deadline < as_of else "pending"
        is_known = bool(contacts) or self._is_contact_known(entry.observed)
        last_owner, last_team, _ = self._owner(person, deadline or as_of)
        followed_until = min(as_of, ends_at)
        measured_until = stopped_at or followed_until
        contact_until = counts_at or followed_until
        reps = [
            surrogate(row["source_system"], row["rep_id"])
            for row in contacts
            if row["occurred_at"] == contacted_at and row["rep_id"]
        ]
        return {
            "person_key": surrogate(*person),
            "cycle_number": entry.cycle,
            "policy_key": policy["policy_key"],
            "start_owner_rep_key": owner,
            "owner_rep_key": last_owner,
            "deadline_owner_team": last_team,
            "contact_rep_key": min(reps, default=None),
            "calendar_id": calendar,
            "status": status,
            "stopped_by": stopped_by,
            "limit_minutes": _limit(policy, diary, start) / MINUTE,
            "business_minutes": diary.worked(start, measured_until) / MINUTE,
            "elapsed_minutes": (measured_until - start) / MINUTE,
            "first_contact_minutes": (counts_at - start) / MINUTE if counts_at else None,
            "first_contact_business_minutes": (
                diary.worked(start, counts_at) / MINUTE if counts_at else None
            ),
            "contact_followed_minutes": (contact_until - start) / MINUTE,
            "contact_followed_business_minutes": diary.worked(start, contact_until) / MINUTE,
            "is_contacted": bool(contacts) if is_known else None,
            "is_contacted_before_start": bool(before),
            "is_contacted_within_1h": counts_at is not None and counts_at - start <= HOUR,
            "is_at_least_1h_old": as_of - start >= HOUR,
            "is_wasted": (
                status in ("breached", "open_breached") and not contacts if is_known else None
            ),
            "is_reassigned": owner != last_owner,
            "started_at": start,
            "deadline_at": deadline,
            "stopped_at": stopped_at,
            "contacted_at": contacted_at,
        }

    def _is_contact_known(self, stint: Stint) -> bool:
        """Whether the lead's system records contacts at all."""
        return stint.segments["source_system"] in self.recording_systems

    def _decision(self, entry: Entry, policy: dict[str, str]) -> tuple[datetime | None, str | None]:
        """The first stage or working status after the entry that is a decision: when, which."""
        assert entry.observed is not None
        stops = {
            row["stage_key"]
            for row in seed("sla_stop_stages")
            if row["policy_key"] == policy["policy_key"]
        }
        start, ends_at = entry.observed.event.at, self._cycle_start(entry.person, entry.cycle + 1)
        decisions = [
            (at, "working_status")
            for at in self.decided_at[entry.person]
            if start < at < min(ends_at, self.funnel.as_of)
        ]
        stages = [
            (stint.event.at, stint.stage)
            for stint in self.funnel.cycles[entry.person, entry.cycle]
            if stint.number > entry.observed.number and stint.stage in stops
        ]
        return min([*stages[:1], *decisions], key=lambda stop: stop[0], default=(None, None))

    def _cycle_start(self, person: Key, cycle: int) -> datetime:
        stints = self.funnel.cycles.get((person, cycle))
        return stints[0].event.at if stints else FOREVER

    def _owner(self, person: Key, at: datetime) -> tuple[str | None, str, str]:
        """Who owns a person at a moment: key, team, calendar."""
        row = self.funnel.record(person, at)
        if row["owner_rep_id"] is None:
            return None, "unassigned", "default"
        key = row["source_system"], row["owner_rep_id"]
        rep = self.funnel.rep(key, at.date()) or {"team": None, "calendar_id": None}
        calendar = rep["calendar_id"] if rep["calendar_id"] in self.diaries else "default"
        return surrogate(*key), rep["team"] or "unassigned", calendar

    def _contacts(self) -> dict[Key, list[Row]]:
        """What people of the company did towards each person, up to as_of."""
        outbound = {
            row["activity_type"] for row in seed("activity_types") if _is(row, "is_human_outbound")
        }
        found: dict[Key, list[Row]] = defaultdict(list)
        for row in self.funnel.tables["activities"].staged:
            person = self.funnel.person_of.get((row["source_system"], row["lead_id"]))
            if (
                person is not None
                and row["activity_type"] in outbound
                and not row["is_automated"]
                and row["direction"] in (None, "out")
                and row["occurred_at"] <= self.funnel.as_of
            ):
                found[person].append(row)
        for person, row, at in self._told_by_status("is_contact"):
            found[person].append({**row, "rep_id": row["changed_by_rep_id"], "occurred_at": at})
        return found

    def _told_by_status(self, what: str) -> Iterator[tuple[Key, Row, datetime]]:
        """Changes of the working status that tell of a contact or a decision."""
        words = {row["status"] for row in seed("sla_stop_statuses") if _is(row, what)}
        for person, changes in self.funnel.working_statuses.items():
            for row in changes:
                if word_of(row["to_status"]) in words:
                    yield person, row, row["changed_at"]


def _limit(policy: dict[str, str], diary: Diary, start: datetime) -> timedelta:
    """Working time that a clock may run."""
    value = int(policy["limit_value"])
    if policy["limit_unit"] == "working_minutes":
        return value * MINUTE
    day = diary.local_day(start)
    lengths = [
        hours.closes - hours.opens
        for hours in diary.hours
        if hours.valid_from <= day and (hours.valid_to is None or day < hours.valid_to)
    ]
    return value * timedelta(seconds=sum(lengths) * 60 // len(lengths))


def _is(row: dict[str, str], column: str) -> bool:
    return row[column] == "true"
