"""A block of leads, as many as fit in memory with all they do; it has its own streams of chance."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from simulator.clocks import (
    DAY,
    Bools,
    BusinessCalendar,
    Ints,
    Stream,
    TimeZones,
    random_stream,
)
from simulator.company import AE, SDR, Campaigns, Reps, hire, plan_campaigns
from simulator.config import SimulationConfig, Window
from simulator.journeys import Journeys, draw_journeys
from simulator.model import (
    LATE_MEAN_DAYS,
    LATE_SHARE,
    OFFSET_SHARE,
    TEAMS,
    TIME_ZONES,
)
from simulator.persons import Persons, draw_persons
from simulator.records import Records, draw_records, person_count

BLOCK_SIZE = 20_000
"""Lead records in a block; another size gives another company."""


@dataclass(frozen=True)
class Setting:
    """Settings that all blocks share."""

    config: SimulationConfig
    window: Window
    zones: TimeZones
    calendars: list[BusinessCalendar]
    reps: Reps
    campaigns: Campaigns

    @classmethod
    def of(cls, config: SimulationConfig, seeds: Path) -> "Setting":
        """The setting of a simulation; business hours come from the project's seeds."""
        window = Window.of(config)
        a_year_on = config.end.replace(year=config.end.year + 1, day=1)
        return cls(
            config=config,
            window=window,
            zones=TimeZones.between(TIME_ZONES, window.start - DAY, window.end + 366 * DAY),
            calendars=[
                BusinessCalendar.of(team.calendar_id, config.start, a_year_on, seeds)
                for team in TEAMS
            ],
            reps=hire(config, window),
            campaigns=plan_campaigns(config),
        )


@dataclass(frozen=True)
class Block:
    """The persons of a block, their journeys and their records."""

    setting: Setting
    number: int
    persons: Persons
    journeys: Journeys
    records: Records

    @classmethod
    def draw(cls, setting: Setting, number: int, records: int) -> "Block":
        """A block of some lead records."""
        streams = [
            random_stream(setting.config.seed, stream, number)
            for stream in (Stream.PERSONS, Stream.JOURNEYS, Stream.RECORDS)
        ]
        persons = draw_persons(streams[0], person_count(records), setting.window, setting.zones)
        journeys = draw_journeys(streams[1], persons, setting.zones, setting.calendars)
        return cls(
            setting=setting,
            number=number,
            persons=persons,
            journeys=journeys,
            records=draw_records(
                streams[2],
                persons,
                journeys,
                setting.window,
                first_number=number * BLOCK_SIZE,
                count=records,
            ),
        )

    def rng(self, stream: Stream) -> np.random.Generator:
        """The block's stream of chance for a concern, from its beginning."""
        return random_stream(self.setting.config.seed, stream, self.number)

    @cached_property
    def sdr(self) -> Ints:
        """Per person: the rep who owns the lead at first."""
        chance = random_stream(self.setting.config.seed, Stream.OWNERS, self.number).random(
            len(self.persons)
        )
        return self.setting.reps.pick(self.persons.team, SDR, chance, self.persons.created_at)

    @cached_property
    def ae(self) -> Ints:
        """Per person: the account executive who owns the lead from SQL on."""
        chance = random_stream(self.setting.config.seed, Stream.SELLERS, self.number).random(
            len(self.persons)
        )
        return self.setting.reps.pick(self.persons.team, AE, chance, self.persons.created_at)

    def owner(self, persons: Ints, moments: Ints) -> Ints:
        """Owner of each person at a moment."""
        is_sold = self.journeys.sold_from[persons] <= moments
        return np.where(is_sold, self.ae[persons], self.sdr[persons])

    def actor(self, persons: Ints, moments: Ints) -> Ints:
        """The rep who works for the owner at a moment."""
        return self.setting.reps.acting(self.owner(persons, moments), moments)

    def arrivals(self, rng: np.random.Generator, moments: Ints) -> Ints:
        """Arrival times of the events' rows: at once, or late, but before the end."""
        is_late = rng.random(len(moments)) < LATE_SHARE
        delay = np.where(is_late, rng.exponential(LATE_MEAN_DAYS * DAY, len(moments)), 0.0)
        return np.minimum(moments + delay.astype(np.int64), self.setting.window.end - 1)


def with_offset(rng: np.random.Generator, count: int) -> Bools:
    """The timestamps that are written with a local offset."""
    return rng.random(count) < OFFSET_SHARE


def blocks(setting: Setting) -> Iterator[Block]:
    """The blocks of a company, in order."""
    total = setting.config.leads
    for number, first in enumerate(range(0, total, BLOCK_SIZE)):
        yield Block.draw(setting, number, min(BLOCK_SIZE, total - first))
