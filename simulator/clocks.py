"""Time and chance: daylight saving, the weekly rhythm of people, hours of work, random streams.

Moments are int64 seconds since 1970 (UTC). The helpers work on arrays.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]

NEVER = np.int64(2**61)
DAY = 86_400
WEEK = 7 * DAY
_MONDAY = 3 * DAY  # 1970-01-01 was a Thursday
_ZONE_SPACING = 2**40


class Stream(IntEnum):
    """The concerns that have a stream of chance of their own."""

    PERSONS = 1
    JOURNEYS = 2
    RECORDS = 3
    LEADS = 4
    STATUSES = 5
    ACTIVITIES = 6
    DEALS = 7
    COSTS = 8
    TRAFFIC = 9
    DIRT = 10
    OWNERS = 11
    SELLERS = 12
    DEAL_STAGES = 13


def random_stream(seed: int, *key: int) -> np.random.Generator:
    """An independent stream of chance for one concern (and block); other streams do not move it."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


@dataclass(frozen=True)
class TimeZones:
    """UTC offsets of several time zones between two moments."""

    names: tuple[str, ...]
    transitions: tuple[Ints, ...]
    _keys: Ints
    _offsets: Ints

    @classmethod
    def between(cls, names: Sequence[str], first: int, last: int) -> "TimeZones":
        """The offsets in force from `first` to `last`; outside, the nearest one."""
        transitions = []
        keys: list[int] = []
        offsets: list[int] = []
        for number, name in enumerate(names):
            zone = ZoneInfo(name)
            found = _transitions(zone, first, last)
            transitions.append(np.array(found, dtype=np.int64))
            keys += [number * _ZONE_SPACING, *(number * _ZONE_SPACING + moment for moment in found)]
            offsets += [_offset(zone, first), *(_offset(zone, moment) for moment in found)]
        return cls(tuple(names), tuple(transitions), np.array(keys), np.array(offsets))

    def offset(self, moments: Ints, zones: Ints) -> Ints:
        """Seconds that local time is ahead of UTC."""
        found = np.searchsorted(self._keys, zones * _ZONE_SPACING + moments, side="right") - 1
        return np.asarray(self._offsets[found])

    def to_utc(self, local: Ints, zones: Ints) -> Ints:
        """The moment of a local time; one that the clocks skip comes out an hour later."""
        guess = local - self.offset(local, zones)
        return local - self.offset(guess, zones)


def _offset(zone: ZoneInfo, moment: int) -> int:
    offset = datetime.fromtimestamp(moment, UTC).astimezone(zone).utcoffset() or timedelta(0)
    return int(offset.total_seconds())


def _transitions(zone: ZoneInfo, first: int, last: int) -> list[int]:
    found = []
    for day in range(first, last, DAY):
        low, high = day, min(day + DAY, last)
        if _offset(zone, low) == _offset(zone, high):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (
                (middle, high) if _offset(zone, middle) == _offset(zone, low) else (low, middle)
            )
        found.append(high)
    return found


@dataclass(frozen=True)
class WeeklyClock:
    """A clock that runs fast where people are active and slow where they are not: 7 days a week.

    Delays drawn on this clock show the rhythm of the week, and yet keep their distribution:
    in any number of whole weeks, as much time passes on this clock as on any other.
    """

    weights: Floats
    """Relative speed in each of the 168 hours of the local week, from Monday 00:00; all above 0."""

    @property
    def _edges(self) -> Floats:
        hours = np.concatenate(([0.0], np.cumsum(self.weights)))
        return np.asarray(hours / hours[-1] * WEEK)

    def reading(self, local: Ints | Floats) -> Floats:
        """Reading of the clock at a local time, in seconds."""
        weeks, phase = np.divmod(np.asarray(local, dtype=np.float64) + _MONDAY, WEEK)
        return np.asarray(weeks * WEEK + np.interp(phase, np.arange(169) * 3600.0, self._edges))

    def local_time(self, reading: Floats) -> Ints:
        """The local time at which the clock shows `reading`, in whole seconds."""
        weeks, phase = np.divmod(reading, WEEK)
        seconds = weeks * WEEK + np.interp(phase, self._edges, np.arange(169) * 3600.0) - _MONDAY
        return np.asarray(np.floor(seconds).astype(np.int64))

    def after(self, moments: Ints, days: Floats, zones: TimeZones, zone: Ints) -> Ints:
        """The moments when `days` have passed on this clock, in the given local time."""
        reading = self.reading(moments + zones.offset(moments, zone)) + days * DAY
        return np.maximum(zones.to_utc(self.local_time(reading), zone), moments)

    def between(self, low: Ints, high: Ints, share: Floats, zones: TimeZones, zone: Ints) -> Ints:
        """The moments when `share` of the way from `low` to `high` has passed on this clock."""
        first = self.reading(low + zones.offset(low, zone))
        last = self.reading(high + zones.offset(high, zone))
        found = zones.to_utc(self.local_time(first + share * (last - first)), zone)
        return np.clip(found, low, np.maximum(high - 1, low))


@dataclass(frozen=True)
class BusinessCalendar:
    """The hours of work of a calendar of the seeds: half-open periods, in order."""

    opens: Ints
    closes: Ints

    @classmethod
    def of(cls, calendar_id: str, first: date, last: date, seeds: Path) -> "BusinessCalendar":
        """Working hours from `first` to `last`, by `business_calendars.csv` and `holidays.csv`."""
        rules = [
            row
            for row in _rows(seeds / "business_calendars.csv")
            if row["calendar_id"] == calendar_id
        ]
        holidays = {
            row["holiday_date"]
            for row in _rows(seeds / "holidays.csv")
            if row["calendar_id"] == calendar_id
        }
        days = [first + timedelta(days=count) for count in range((last - first).days)]
        worked = [
            (
                _moment(day, rule["opens_at"], rule["time_zone"]),
                _moment(day, rule["closes_at"], rule["time_zone"]),
            )
            for day in days
            if day.isoformat() not in holidays
            for rule in rules
            if int(rule["weekday"]) == day.isoweekday()
            and rule["valid_from"] <= day.isoformat() < (rule["valid_to"] or "9999-12-31")
        ]
        return cls(*(np.array(edge, dtype=np.int64) for edge in zip(*worked, strict=True)))

    def after(self, moments: Ints, minutes: Floats) -> Ints:
        """The moments when `minutes` of work have passed; beyond the last day, its end."""
        spans = self.closes - self.opens
        worked_before = np.concatenate(([0], np.cumsum(spans)))
        period = np.searchsorted(self.closes, moments, side="right").clip(max=len(spans) - 1)
        done = worked_before[period] + np.clip(moments - self.opens[period], 0, spans[period])
        due = done + np.floor(minutes * 60).astype(np.int64)
        found = np.searchsorted(worked_before[1:], due, side="right").clip(max=len(spans) - 1)
        rest = np.minimum(due - worked_before[found], spans[found])
        return np.asarray(self.opens[found] + rest)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _moment(day: date, clock_time: str, zone: str) -> int:
    hour, minute = clock_time.split(":")
    local = datetime(day.year, day.month, day.day, int(hour), int(minute), tzinfo=ZoneInfo(zone))
    return int(local.timestamp())
