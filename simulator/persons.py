"""Persons: where they come from, what they are, when they come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from simulator import model
from simulator.clocks import DAY, WEEK, Bools, Floats, Ints, TimeZones
from simulator.config import Window
from simulator.model import CHANNELS, COUNTRIES, FITS, PERSONAS, TEAMS, TIME_ZONES

_REGIONS = [(country, *region) for country in COUNTRIES for region in country.regions]
REGION_NAMES = tuple(name for _, name, _ in _REGIONS)
REGION_ZONE = np.array([TIME_ZONES.index(zone) for _, _, zone in _REGIONS])
REGION_COUNTRY = np.array([COUNTRIES.index(country) for country, _, _ in _REGIONS])
_REGION_SHARES = np.array([country.share / len(country.regions) for country, _, _ in _REGIONS])
COUNTRY_TEAM = np.array([country.team for country in COUNTRIES])
TEAM_ZONE = np.array([TIME_ZONES.index(team.time_zone) for team in TEAMS])


@dataclass(frozen=True)
class Persons:
    """Persons of a block, by number; codes are positions in the model's tuples."""

    channel: Ints
    persona: Ints
    fit: Ints
    region: Ints
    has_email: Bools
    has_business_email: Bools
    industry: Ints
    """0 = the persona's target industry; 1 and 2 its others."""
    employees: Ints
    created_at: Ints

    def __len__(self) -> int:
        return len(self.channel)

    @property
    def cell(self) -> Ints:
        """Number of the cell of the model."""
        return (self.channel * len(PERSONAS) + self.persona) * len(FITS) + self.fit

    @property
    def country(self) -> Ints:
        """Country, by the region."""
        return REGION_COUNTRY[self.region]

    @property
    def zone(self) -> Ints:
        """Time zone of the person."""
        return REGION_ZONE[self.region]

    @property
    def team(self) -> Ints:
        """Sales team, by the country."""
        return COUNTRY_TEAM[self.country]

    @property
    def team_zone(self) -> Ints:
        """Time zone of the sales team."""
        return TEAM_ZONE[self.team]

    @property
    def fit_points(self) -> Ints:
        """Points of fit by the scoring rules."""
        points = model.FIT_POINTS
        is_mid_size = (self.employees >= 50) & (self.employees <= 1000)
        return np.asarray(
            points["mid_size"] * is_mid_size
            + points["large"] * (self.employees > 1000)
            + points["industry"] * (self.industry == 0)
            + points["business_email"] * self.has_business_email
        )


def draw_persons(rng: np.random.Generator, count: int, window: Window, zones: TimeZones) -> Persons:
    """Persons who come in the time of the window, by the model's shares and seasons."""
    channel = _draw(rng, count, [channel.share for channel in CHANNELS])
    fit = _draw(rng, count, model.FIT_SHARES)
    region = _draw(rng, count, _REGION_SHARES)
    has_email = rng.random(count) < np.array([c.has_email for c in CHANNELS])[channel]
    size = rng.random(count)
    is_large = size < np.array(model.FIT_LARGE)[fit]
    is_mid_size = ~is_large & (
        size < np.array(model.FIT_LARGE)[fit] + np.array(model.FIT_MID_SIZE)[fit]
    )
    return Persons(
        channel=channel,
        persona=_draw(rng, count, [persona.share for persona in PERSONAS]),
        fit=fit,
        region=region,
        has_email=has_email,
        has_business_email=has_email
        & (rng.random(count) < np.array(model.FIT_BUSINESS_EMAIL)[fit]),
        industry=np.where(
            rng.random(count) < np.array(model.FIT_TARGET_INDUSTRY)[fit],
            0,
            rng.integers(1, 3, count),
        ),
        employees=_employees(rng, is_large, is_mid_size),
        created_at=_creations(rng, window, zones, REGION_ZONE[region]),
    )


def day_shares(window: Window) -> Floats:
    """Share of the creations on each day of the window, by month and weekday."""
    days = np.arange(window.start // DAY, -(-window.end // DAY))
    months = [datetime.fromtimestamp(int(day) * DAY, UTC).month - 1 for day in days]
    weight = np.array(model.MONTH_FACTORS)[months] * np.array(model.WEEKDAY_FACTORS)[(days + 3) % 7]
    return np.asarray(weight / weight.sum())


def _creations(rng: np.random.Generator, window: Window, zones: TimeZones, zone: Ints) -> Ints:
    shares = day_shares(window)
    day = window.start // DAY + rng.choice(len(shares), len(zone), p=shares)
    hour = _draw(rng, len(zone), np.array(model.HOUR_FACTORS) / sum(model.HOUR_FACTORS))
    moment = zones.to_utc(day * DAY + hour * 3600 + rng.integers(0, 3600, len(zone)), zone)
    # local days at the edges reach past the window: a week on or back is the same hour of the week
    moment = np.where(moment < window.start, moment + WEEK, moment)
    return np.asarray(np.where(moment >= window.end, moment - WEEK, moment))


def _employees(rng: np.random.Generator, is_large: Bools, is_mid_size: Bools) -> Ints:
    low = np.where(is_large, 1001, np.where(is_mid_size, 50, 1))
    high = np.where(is_large, 60_000, np.where(is_mid_size, 1000, 49))
    size = low * (high / low) ** rng.random(len(low))
    return np.asarray(np.floor(size).astype(np.int64))


def _draw(rng: np.random.Generator, count: int, shares: Sequence[float] | Floats) -> Ints:
    edges = np.cumsum(shares)
    picked = np.searchsorted(edges[:-1], rng.random(count) * edges[-1], side="right")
    return np.asarray(picked, dtype=np.int64)
