"""Working time as one would tell it from a diary: one day after the other, by zoneinfo."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Hours:
    """Hours of one weekday (1 = Monday) in [valid_from, valid_to); minutes of the local day."""

    weekday: int
    opens: int
    closes: int
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class Diary:
    """A calendar: its zone, hours and holidays."""

    time_zone: str
    hours: tuple[Hours, ...]
    holidays: frozenset[date]

    def hours_on(self, day: date) -> Hours | None:
        """The hours in force on a local day; None where it is not worked."""
        if day in self.holidays:
            return None
        for hours in self.hours:
            is_in_force = hours.valid_from <= day < (hours.valid_to or date.max)
            if is_in_force and hours.weekday == day.isoweekday():
                return hours
        return None

    def spell(self, day: date) -> tuple[datetime, datetime] | None:
        """Opening and closing of a local day, in UTC."""
        hours = self.hours_on(day)
        if hours is None:
            return None
        opens, closes = self._at(day, hours.opens), self._at(day, hours.closes)
        return (opens, closes) if opens < closes else None

    def worked(self, start: datetime, stop: datetime) -> timedelta:
        """Time worked between two moments (UTC), day by day."""
        if stop < start:
            return -self.worked(stop, start)
        total, day = timedelta(), start.date() - 2 * DAY
        while day <= stop.date() + 2 * DAY:
            spell = self.spell(day)
            if spell:
                total += max(timedelta(), min(stop, spell[1]) - max(start, spell[0]))
            day += DAY
        return total

    def worked_minute_by_minute(self, start: datetime, minutes: int) -> int:
        """Of so many minutes, how many the wall clock shows within the hours."""
        zone, worked = ZoneInfo(self.time_zone), 0
        for number in range(minutes):
            local = (start + number * MINUTE).replace(tzinfo=UTC).astimezone(zone)
            hours = self.hours_on(local.date())
            if hours and hours.opens <= local.hour * 60 + local.minute < hours.closes:
                worked += 1
        return worked

    def deadline(self, start: datetime, limit: timedelta) -> datetime | None:
        """First moment at which the limit (more than 0) is used up; None within 700 days."""
        left, day = limit, start.date() - 2 * DAY
        while day <= start.date() + 700 * DAY:
            spell = self.spell(day)
            if spell:
                begin = max(start, spell[0])
                if spell[1] - begin >= left:
                    return begin + left
                left -= max(timedelta(), spell[1] - begin)
            day += DAY
        return None

    def _at(self, day: date, minute: int) -> datetime:
        # on the wall: 24:00 is the next day's midnight
        local = datetime.combine(day, time()) + minute * MINUTE
        return local.replace(tzinfo=ZoneInfo(self.time_zone)).astimezone(UTC).replace(tzinfo=None)
