"""Pace, plan and traffic by the project's rules, in plain Python, from landed files.

It counts person by person and day by day where the models group and join. Whoever comes to a stage
is known from the reference funnel; targets and web traffic are read from the landing folder.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from statistics import median
from typing import Any

from landed_rows import Row, read_landed
from reference_funnel import Entry, Key, ReferenceFunnel, elapsed_days, seed, surrogate
from scipy.stats import binomtest

Cut = tuple[str, str]
WHOLE: Cut = ("all", "all")
YEAR = timedelta(days=365)
STEPS = {"sql": "customer", "mql": "sql", "lead": "mql", "visitor": "lead"}


@dataclass
class Rate:
    """Who converted, of how many, and after how many days each."""

    numerator: int = 0
    denominator: int = 0
    days: tuple[int, ...] = ()

    @property
    def exact(self) -> Fraction | None:
        if not self.denominator or self.numerator > self.denominator:
            return None
        return Fraction(self.numerator, self.denominator)

    @property
    def interval(self) -> tuple[float, float] | None:
        if self.exact is None:
            return None
        low, high = binomtest(self.numerator, self.denominator).proportion_ci(method="wilson")
        return float(low), float(high)

    @property
    def lag(self) -> float | None:
        return median(self.days) if self.days else None

    def in_scenario(self, scenario: str) -> Fraction | None:
        """The rate, or an end of its interval."""
        if self.interval is None:
            return None
        return {
            "low": Fraction(self.interval[0]),
            "expected": self.exact,
            "high": Fraction(self.interval[1]),
        }[scenario]


def _is_replaced(target: Row, landed: Sequence[Row]) -> bool:
    """Whether later versions have set all of a target's days again, or cut its period anew."""
    own = set(days(target["period_start"], target["period_end"]))
    later = [
        set(days(row["period_start"], row["period_end"]))
        for row in landed
        if (row["metric"], row["segment"]) == (target["metric"], target["segment"])
        and (row["version"] or 0) > (target["version"] or 0)
        and row["period_start"] <= target["period_end"]
        and row["period_end"] >= target["period_start"]
    ]
    if any(_is_the_same_cut(own, other) for other in later):
        return True
    return bool(later) and set().union(*later) == own


def _is_the_same_cut(one: set[date], other: set[date]) -> bool:
    """Whether two periods compete: only a month, a quarter and a year may lie in each other."""
    kinds = {_kind(one), _kind(other)}
    return None in kinds or len(kinds) == 1


def _kind(period: set[date]) -> str | None:
    first, last = min(period), max(period)
    if first.day != 1 or last != last_of_month(last):
        return None
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    begins = {1: True, 3: first.month % 3 == 1, 12: first.month == 1}
    return f"{months} months" if begins.get(months) else None


class ReferencePlan:
    """What is planned and what is there, as of the reference funnel's moment."""

    def __init__(self, funnel: ReferenceFunnel, recorded: Set[tuple[str, str]]) -> None:
        self.funnel = funnel
        self.recorded = recorded
        self.as_of = funnel.as_of
        self.today = funnel.as_of.date()
        self.first_entries = {
            (entry.person, entry.stage): entry
            for entry in sorted(funnel.entries, key=lambda entry: -entry.cycle)
            if entry.observed
        }
        self.first_reached = {
            (entry.person, entry.stage): entry
            for entry in sorted(funnel.entries, key=lambda entry: -entry.cycle)
        }

    # --- calendar, targets, traffic

    @cached_property
    def holidays(self) -> set[str]:
        return {row["holiday_date"] for row in seed("holidays") if row["calendar_id"] == "default"}

    def working_days(self, first: date, last: date) -> int:
        """Working days from the first to the last day, both included."""
        return sum(
            day.weekday() < 5 and day.isoformat() not in self.holidays for day in days(first, last)
        )

    @cached_property
    def targets(self) -> dict[tuple[str, date, date, Cut], float]:
        """Of each metric, period and segment, the target of the highest version that stands."""
        found: dict[tuple[str, date, date, Cut], float] = {}
        landed = read_landed(self.funnel.landing, "targets").staged
        rows = [row for row in landed if not _is_replaced(row, landed)]
        # the last one stands: the highest version, of several sources the first by name
        rows.sort(key=lambda row: row["source_system"], reverse=True)
        for row in sorted(rows, key=lambda row: row["version"]):
            segment = (row["segment"] or "all=all").split("=")
            key = (row["metric"], row["period_start"], row["period_end"], (segment[0], segment[1]))
            found[key] = row["target_value"]
        return found

    def monthly_targets(self, names: dict[str, str]) -> dict[tuple[str, date, Cut], float]:
        """Targets of whole months, of the given metrics, by the name that each is known as."""
        return {
            (names[metric], start, cut): value
            for (metric, start, end, cut), value in self.targets.items()
            if metric in names and start.day == 1 and end == last_of_month(start)
        }

    @cached_property
    def traffic(self) -> list[Row]:
        rows = read_landed(self.funnel.landing, "web_traffic").staged
        return [row for row in rows if row["traffic_date"] <= self.today]

    def is_measured(self, channel: str, day: date, since: date = date.min) -> bool:
        """Whether the web traffic of a channel was measured on a day, or before and after it."""
        measured = [day for day in self._traffic_days.get(channel, ()) if day > since]
        return bool(measured) and min(measured) <= day <= max(measured)

    @cached_property
    def _traffic_days(self) -> dict[str, set[date]]:
        found = defaultdict(set)
        for row in self.traffic:
            found[row["channel"]].add(row["traffic_date"])
        return found

    # --- who came, by what means

    @cached_property
    def leads(self) -> list[tuple[Key, date, dict[str, str]]]:
        """Persons, the day on which each was created, and the segments of the beginning."""
        return [
            (
                person,
                self.funnel.created_at(person).date(),
                self.funnel.cycles[person, 1][0].segments,
            )
            for person in self.funnel.records_of
            if self.funnel.stints.get(person)
        ]

    @cached_property
    def arrivals(self) -> dict[tuple[str, date, Cut], int]:
        """How many came to each stage for the first time, by day and segment."""
        found: dict[tuple[str, date, Cut], int] = defaultdict(int)
        for _, day, segments in self.leads:
            for cut in cuts(segments):
                found["lead", day, cut] += 1
        for (_, stage), entry in self.first_entries.items():
            if stage != "lead" and entry.observed:
                for cut in cuts(entry.observed.segments):
                    found[stage, entry.observed.event.at.date(), cut] += 1
        for row in self.traffic:
            for cut in (WHOLE, ("channel", row["channel"])):
                found["visitor", row["traffic_date"], cut] += row["visitors"]
        return dict(found)

    def mechanism(self, person: Key) -> tuple[str, str]:
        """By what means a person was generated, and what tells it."""
        row = self.funnel._timelines[person][-1][1]
        word = (row["lead_source"] or "unassigned").replace("_", " ").strip(" ").lower()
        words = {
            (r["source_system"], r["lead_source"]): r["mechanism"] for r in seed("lead_mechanisms")
        }
        system = row["source_system"]
        named = words.get((system, word)) or words.get(("", word))
        if named:
            return named, "lead_source"
        if person in self._first_mechanisms:
            return self._first_mechanisms[person], "first_activity"
        if (system, "") in words:
            return words[system, ""], "source_system"
        return "unassigned", "none"

    @cached_property
    def _first_mechanisms(self) -> dict[Key, str]:
        """What each person did first, or had done to it, up to the day of its creation.

        Where several things happened first at one moment, the one that core has first is meant:
        they are told apart by the activity's key.
        """
        types = {row["activity_type"]: row for row in seed("activity_types")}
        first: dict[Key, tuple[Any, ...]] = {}
        for row in self.funnel.tables["activities"].staged:
            person = self.funnel._person(row)
            if person is None or row["is_automated"] or row["occurred_at"] > self.as_of:
                continue
            if row["occurred_at"].date() > self.funnel.created_at(person).date():
                continue
            kind = types.get(row["activity_type"])
            name = kind["mechanism"] if kind else "other"
            if kind and name == "call" and kind["is_human_outbound"] == "true":
                name = "cold_call" if row["direction"] in (None, "out") else name
            key = surrogate(row["source_system"], row["activity_id"])
            first[person] = min(first.get(person, (row["occurred_at"], key, name)),
                                (row["occurred_at"], key, name))  # fmt: skip
        return {person: name for person, (_, _, name) in first.items()}

    # --- the rates of a year

    @cached_property
    def horizons(self) -> dict[tuple[str, str], int]:
        return {
            (row["from_stage"], row["to_stage"]): int(row["horizon_days"])
            for row in seed("conversion_horizons")
        }

    def is_told(self, entry: Entry, to_stage: str) -> bool:
        """Whether the system of an entry that was observed records the later stage."""
        observed = entry.observed
        return (
            observed is not None and (observed.segments["source_system"], to_stage) in self.recorded
        )

    def cohort(self, from_stage: str, to_stage: str) -> Iterator[tuple[Entry, int | None]]:
        """First entries that matured within the year, and the days to conversion within H."""
        horizon = timedelta(days=self.horizons[from_stage, to_stage])
        for (_, stage), entry in self.first_entries.items():
            if stage == from_stage and self.is_told(entry, to_stage):
                assert entry.observed is not None
                entered_at = entry.observed.event.at
                if self.as_of - YEAR < entered_at + horizon <= self.as_of:
                    at = self.funnel.converted_at(entry, to_stage)
                    is_in_time = at is not None and at < entered_at + horizon
                    yield entry, max(elapsed_days(entered_at, at), 0) if at and is_in_time else None

    @cached_property
    def rates(self) -> dict[tuple[str, str, Cut], Rate]:
        found: dict[tuple[str, str, Cut], Rate] = defaultdict(Rate)
        for pair in self.horizons:
            for entry, converted_after in self.cohort(*pair):
                assert entry.observed is not None
                for cut in cuts(entry.observed.segments):
                    rate = found[*pair, cut]
                    rate.denominator += 1
                    if converted_after is not None:
                        rate.numerator += 1
                        rate.days += (converted_after,)
        a_year_ago = self.today - YEAR
        for row in self.traffic:
            if row["traffic_date"] > a_year_ago:
                for cut in (WHOLE, ("channel", row["channel"])):
                    found["visitor", "lead", cut].denominator += row["visitors"]
        for _, day, segments in self.leads:
            channel = segments["channel"]
            if day > a_year_ago and self.is_measured(channel, day, since=a_year_ago):
                for cut in (WHOLE, ("channel", channel)):
                    found["visitor", "lead", cut].numerator += 1
        return dict(found)

    @cached_property
    def in_flight(self) -> dict[tuple[str, str, date, Cut], tuple[int, float]]:
        """Who waits in a stage, and how many of them are expected in a later one, by day."""
        found: dict[tuple[str, str, date, Cut], tuple[int, float]] = defaultdict(lambda: (0, 0.0))
        for (from_stage, to_stage), horizon in self.horizons.items():
            rate = self.rates.get((from_stage, to_stage, WHOLE))
            if rate is None or rate.lag is None:
                continue
            stays = []
            for entry, converted_after in self.cohort(from_stage, to_stage):
                assert entry.observed is not None
                left = entry.observed.next_event
                stay = elapsed_days(entry.observed.event.at, left.at) if left else horizon
                # what is dated before the beginning takes no time
                stays.append((min(max(stay, 0), horizon), converted_after is not None))
            for person, stints in self.funnel.stints.items():
                stint = stints[-1]
                waited = elapsed_days(stint.event.at, self.as_of)
                if (
                    stint.stage != from_stage
                    or waited >= horizon
                    or (person, to_stage) in self.first_reached
                    or (stint.segments["source_system"], to_stage) not in self.recorded
                ):
                    continue
                alike = [is_converted for stay, is_converted in stays if stay >= waited]
                chance = sum(alike) / len(alike) if alike else 0.0
                expected = max(
                    stint.event.at.date() + timedelta(days=math.ceil(rate.lag)),
                    self.today + timedelta(days=1),
                )
                for cut in cuts(stint.segments):
                    persons, expectation = found[from_stage, to_stage, expected, cut]
                    found[from_stage, to_stage, expected, cut] = persons + 1, expectation + chance
        return dict(found)

    def coming(self, stage: str, first: date, last: date, cut: Cut, scenario: str) -> float:
        """Of those in flight, who comes to the stage between two days."""
        total = 0.0
        for (from_stage, to_stage, day, of_cut), (persons, expectation) in self.in_flight.items():
            if to_stage == stage and of_cut == cut and first <= day <= last:
                whole = self.rates[from_stage, to_stage, WHOLE].exact
                own = self.rates.get((from_stage, to_stage, cut), Rate()).in_scenario(scenario)
                scale = float((whole if own is None else own) / whole) if whole else 0.0
                total += min(persons, expectation * scale)
        return total

    def lag(self, stage: str, cut: Cut) -> int | None:
        """Median days from a stage to a deal, or of the steps together; rounded up."""
        if stage == "customer":
            return 0
        found = self._lag("lead" if stage == "visitor" else stage, cut)
        return None if found is None else math.ceil(found)

    def _lag(self, stage: str, cut: Cut) -> float | None:
        if stage == "customer":
            return 0.0
        direct = self.rates.get((stage, "customer", cut), Rate()).lag
        step = self.rates.get((stage, STEPS[stage], cut), Rate()).lag
        rest = self._lag(STEPS[stage], cut)
        if direct is not None:
            return direct
        return None if step is None or rest is None else step + rest

    def needed(
        self, deals: Fraction | None, cut: Cut, scenario: str
    ) -> dict[str, tuple[Fraction | None, str | None]]:
        """By stage, how many it takes for so many deals, exactly, or why nobody knows."""
        reason = None if deals is not None else "no average deal"
        found = {"customer": (deals, reason)}
        for stage, next_stage in STEPS.items():
            rate = self.rates.get((stage, next_stage, cut), Rate()).in_scenario(scenario)
            if deals is not None and rate is None:
                deals, reason = None, f"no rate from {stage} to {next_stage}"
            elif deals is not None and rate == 0:
                deals, reason = None, f"the rate from {stage} to {next_stage} is 0"
            elif deals is not None and rate is not None:
                deals = deals / rate
            found[stage] = (deals, reason)
        return found


def cuts(segments: dict[str, str]) -> Iterator[Cut]:
    """The segments that somebody counts in."""
    yield WHOLE
    yield from segments.items()


def days(first: date, last: date) -> Iterable[date]:
    """All days from the first to the last, both included."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def next_month(day: date) -> date:
    """The first day of the next month."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def last_of_month(day: date) -> date:
    """The last day of the month."""
    return next_month(day) - timedelta(days=1)
