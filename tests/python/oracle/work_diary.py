"""Working time as one would tell it from a diary: one day after the other, by zoneinfo."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reference_funnel import seed

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Hours:
    """A shift of a weekday (1 = Monday) in [valid_from, valid_to); minutes of the local day."""

    weekday: int
    opens: int
    closes: int
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class Diary:
    """A calendar: its zone, hours and holidays, each with its own hours or None."""

    time_zone: str
    hours: tuple[Hours, ...]
    holidays: Mapping[date, tuple[int, int] | None]
    _spells: dict[date, list[tuple[datetime, datetime]]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def hours_on(self, day: date) -> list[tuple[int, int]]:
        """The hours in force on a local day; none where it is not worked."""
        if day in self.holidays:
            own = self.holidays[day]
            return [own] if own else []
        return [
            (hours.opens, hours.closes)
            for hours in self.hours
            if hours.valid_from <= day < (hours.valid_to or date.max)
            and hours.weekday == day.isoweekday()
        ]

    def spells(self, day: date) -> list[tuple[datetime, datetime]]:
        """Beginning and end of each shift of a local day, in UTC, one after the other."""
        if day not in self._spells:
            moments = sorted(
                (self._at(day, opens), self._at(day, closes))
                for opens, closes in self.hours_on(day)
            )
            self._spells[day] = []
            worked_until = datetime.min
            for opens, closes in moments:
                # a clock change may push one shift into the other
                begins = max(opens, worked_until)
                if begins < closes:
                    self._spells[day].append((begins, closes))
                    worked_until = closes
        return self._spells[day]

    def local_day(self, at: datetime) -> date:
        """The day of a moment (UTC) on the wall of the office."""
        return at.replace(tzinfo=UTC).astimezone(ZoneInfo(self.time_zone)).date()

    def worked(self, start: datetime, stop: datetime) -> timedelta:
        """Time worked between two moments (UTC), day by day."""
        if stop < start:
            return -self.worked(stop, start)
        total, day = timedelta(), start.date() - 2 * DAY
        while day <= stop.date() + 2 * DAY:
            for begins, ends in self.spells(day):
                total += max(timedelta(), min(stop, ends) - max(start, begins))
            day += DAY
        return total

    def worked_minute_by_minute(self, start: datetime, minutes: int) -> int:
        """Of so many minutes, how many the wall clock shows within the hours."""
        zone, worked = ZoneInfo(self.time_zone), 0
        for number in range(minutes):
            local = (start + number * MINUTE).replace(tzinfo=UTC).astimezone(zone)
            minute = local.hour * 60 + local.minute
            worked += any(opens <= minute < closes for opens, closes in self.hours_on(local.date()))
        return worked

    def deadline(self, start: datetime, limit: timedelta) -> datetime | None:
        """First moment at which the limit (more than 0) is used up; None within 700 days."""
        left, day = limit, start.date() - 2 * DAY
        while day <= start.date() + 700 * DAY:
            for begins, ends in self.spells(day):
                begin = max(start, begins)
                if ends - begin >= left:
                    return begin + left
                left -= max(timedelta(), ends - begin)
            day += DAY
        return None

    def _at(self, day: date, minute: int) -> datetime:
        # on the wall: 24:00 is the next day's midnight
        local = datetime.combine(day, time()) + minute * MINUTE
        return local.replace(tzinfo=ZoneInfo(self.time_zone)).astimezone(UTC).replace(tzinfo=None)


def seeded_diaries() -> dict[str, Diary]:
    """The calendars of the seeds."""
    hours: dict[str, list[Hours]] = {}
    zones: dict[str, str] = {}
    for row in seed("business_calendars"):
        zones[row["calendar_id"]] = row["time_zone"]
        hours.setdefault(row["calendar_id"], []).append(
            Hours(
                weekday=int(row["weekday"]),
                opens=_minute(row["opens_at"]),
                closes=_minute(row["closes_at"]),
                valid_from=date.fromisoformat(row["valid_from"]),
                valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            )
        )
    return {
        name: Diary(
            zone,
            tuple(hours[name]),
            {
                date.fromisoformat(row["holiday_date"]): (
                    (_minute(row["opens_at"]), _minute(row["closes_at"]))
                    if row["opens_at"]
                    else None
                )
                for row in seed("holidays")
                if row["calendar_id"] == name
            },
        )
        for name, zone in zones.items()
    }


def _minute(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)
