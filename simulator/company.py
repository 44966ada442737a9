"""The company apart from its leads: reps, campaigns, targets, costs, web traffic."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import model, text
from simulator.clocks import DAY, NEVER, Bools, Floats, Ints, Stream, random_stream
from simulator.config import SimulationConfig, Window, month_after, seconds_of
from simulator.landing import Rows, is_known
from simulator.model import CHANNELS, PERSONAS, STAGES, TEAMS
from simulator.persons import day_shares
from simulator.truth import expected_entries

SDR, AE, MANAGER = range(3)
_ROLES = ("sdr", "ae", "manager", "bdr")
_HOURLY_COST = (28.0, 46.0, 62.0, 30.0)
_LEADS_PER_SDR_AND_MONTH = 450
_REP_NAMES = (
    "Ana Ruiz", "John Miller", "María Gómez", "Luis Ortega", "Emma Clark", "Pablo Díaz",
    "Sofía Vega", "James Hall", "Lucía Prieto", "Diego Campos", "Olivia Reed", "Hugo Marín",
    "Carla Núñez", "Peter Braun", "Irene Soler", "Raúl Mora",
)  # fmt: skip
# EUR per lead
_FLAT_RATES = (
    ("staff", 25.0), ("technology", 6.0), ("infrastructure", 2.0), ("agency", 5.0),
    ("content", 7.0), ("sales_followup", 3.0),
)  # fmt: skip
_PAGES = (("/", 0.7), ("/pricing", 0.3))


@dataclass(frozen=True)
class Reps:
    """The sales people, by number."""

    team: Ints
    role: Ints
    left_at: Ints
    promoted_at: Ints
    """When an sdr became an account executive."""
    raised_at: Ints
    """When a manager's pay changed."""

    def __len__(self) -> int:
        return len(self.team)

    def pick(self, team: Ints, role: int, chance: Floats, moments: Ints) -> Ints:
        """A rep of the team and role for each; of sdrs, one who is there at that moment."""
        picked = np.zeros(len(team), dtype=np.int64)
        for number in range(len(TEAMS)):
            pool = np.flatnonzero((self.team == number) & (self.role == role))
            where = team == number
            choice = (chance[where] * len(pool)).astype(np.int64)
            first = pool[choice]
            gone = np.minimum(self.left_at, self.promoted_at)[first] <= moments[where]
            # the first of a team's pool neither leaves nor is promoted
            picked[where] = np.where(gone, pool[0], first)
        return picked

    def acting(self, reps: Ints, moments: Ints) -> Ints:
        """The rep who does the work: the team's manager, if the rep has left."""
        managers = np.flatnonzero(self.role == MANAGER)
        return np.where(self.left_at[reps] <= moments, managers[self.team[reps]], reps)


def hire(config: SimulationConfig, window: Window) -> Reps:
    """The reps: as many sdrs as the leads need; one leaves, one is promoted, one gets a rise."""
    sdrs = max(3, -(-config.leads // (config.months * _LEADS_PER_SDR_AND_MONTH * len(TEAMS))))
    staff = [
        (team, role)
        for team in range(len(TEAMS))
        for role, count in ((MANAGER, 1), (SDR, sdrs), (AE, max(2, sdrs // 2)), (3, int(team == 0)))
        for _ in range(count)
    ]
    team, role = (np.array(values, dtype=np.int64) for values in zip(*staff, strict=True))
    left_at, promoted_at, raised_at = (np.full(len(staff), NEVER) for _ in range(3))
    length = (window.end - window.start) // DAY
    first_sdr = [
        int(np.flatnonzero((team == number) & (role == SDR))[0]) for number in range(len(TEAMS))
    ]
    left_at[first_sdr[0] + 1] = window.start + length * 2 // 3 * DAY
    promoted_at[first_sdr[1] + 1] = window.start + length // 2 * DAY
    raised_at[0] = window.start + length // 3 * DAY
    return Reps(team, role, left_at, promoted_at, raised_at)


def rep_rows(reps: Reps, window: Window) -> Rows:
    """Reps, with a row more from the day of a promotion or a rise."""
    numbers = np.arange(len(reps))
    hired = np.full(len(reps), seconds_of(date(2020, 1, 1)))
    changed = np.minimum(reps.promoted_at, reps.raised_at)
    second = np.flatnonzero(changed < NEVER)
    rep = np.concatenate([numbers, second])
    valid_from = np.concatenate([hired, changed[second]])
    is_promoted = np.concatenate(
        [np.zeros(len(reps), dtype=np.bool_), reps.promoted_at[second] < NEVER]
    )
    role = np.where(is_promoted, AE, reps.role[rep])
    left_at = reps.left_at[rep]
    has_left = is_known(left_at, window)
    cost = np.array(_HOURLY_COST)[role] * np.where(valid_from > window.start, 1.08, 1.0)
    return Rows(
        "reps",
        {
            "rep_id": rep_ids(rep),
            "valid_from": text.dates(valid_from),
            "name": text.words(rep % len(_REP_NAMES), _REP_NAMES),
            "role": text.words(role, _ROLES),
            "team": text.words(reps.team[rep], [team.key for team in TEAMS]),
            "calendar_id": text.words(reps.team[rep], [team.calendar_id for team in TEAMS]),
            "hourly_cost": text.money(cost),
            "left_on": text.dates(left_at, has_left),
        },
        known_at=valid_from,
        changed_at=np.where(has_left, np.maximum(left_at, valid_from), valid_from),
    )


def rep_ids(reps: Ints, present: Bools | None = None) -> pa.Array:
    """Ids of reps."""
    return text.ids("R", reps, 4, present)


@dataclass(frozen=True)
class Campaigns:
    """One campaign per channel and quarter; quarters are counted from the start."""

    quarter_starts: Ints

    def pick(self, channel: Ints, moments: Ints) -> Ints:
        """Number of the campaign that runs in a channel at a moment."""
        quarter = np.searchsorted(self.quarter_starts, moments, side="right") - 1
        return channel * len(self.quarter_starts) + quarter

    @property
    def names(self) -> list[str]:
        """Ids, by number."""
        return [
            f"{channel.key}-{datetime.fromtimestamp(int(start), UTC):%Y%m}"
            for channel in CHANNELS
            for start in self.quarter_starts
        ]


def plan_campaigns(config: SimulationConfig) -> Campaigns:
    """Quarters from the start."""
    starts = [seconds_of(month_after(config.start, month)) for month in range(0, config.months, 3)]
    return Campaigns(np.array(starts, dtype=np.int64))


def campaign_rows(campaigns: Campaigns, window: Window) -> Rows:
    """Campaigns: known a fortnight before they start; they get their end when they are over."""
    quarters = len(campaigns.quarter_starts)
    count = quarters * len(CHANNELS)
    start = np.tile(campaigns.quarter_starts, len(CHANNELS))
    end = np.tile(np.append(campaigns.quarter_starts[1:], NEVER), len(CHANNELS))
    channel, persona = np.arange(count) // quarters, np.arange(count) % (len(PERSONAS) + 1)
    is_over = is_known(end, window)
    return Rows(
        "campaigns",
        {
            "campaign_id": text.words(np.arange(count), campaigns.names),
            "name": text.joined(
                text.words(channel, [c.key for c in CHANNELS]), ", from ", text.dates(start)
            ),
            "channel": text.words(channel, [c.key for c in CHANNELS]),
            "type": text.words(persona % 2, ("acquisition", "brand")),
            "persona": text.words(persona, [*(p.key for p in PERSONAS), None]),
            "start_date": text.dates(start),
            "end_date": text.dates(end - DAY, is_over),
        },
        known_at=start - 14 * DAY,
        changed_at=np.where(is_over, end, start - 14 * DAY),
    )


def target_rows(config: SimulationConfig) -> Rows:
    """Monthly targets for MQLs, SQLs, customers and revenue (the customers at a median first deal).

    They reach a quarter past the end, and from the second half-year on they are revised once.
    """
    expected = (
        expected_entries(first_only=True) @ model.cell_shares() * config.leads / config.months
    )
    worth = {"revenue": sum(persona.share * persona.deal_size for persona in PERSONAS)}
    paid = next(channel.share for channel in CHANNELS if channel.key == "paid_search")
    rows = []
    for month in range(config.months + 3):
        start, end = month_after(config.start, month), month_after(config.start, month + 1)
        season = model.MONTH_FACTORS[start.month - 1]
        for metric, segment, share in (
            ("mql", None, 1.0), ("mql", "channel=paid_search", paid),
            ("sql", None, 1.0), ("customer", None, 1.0), ("revenue", None, 1.0),
        ):  # fmt: skip
            counted = expected[STAGES.index("customer" if metric == "revenue" else metric)]
            value = round(float(counted) * season * share * 1.1 * worth.get(metric, 1.0))
            rows.append((metric, start, segment, end, value, 1, config.start - timedelta(days=30)))
            if month >= 6:
                rows.append(
                    (
                        metric,
                        start,
                        segment,
                        end,
                        round(value * 0.95),
                        2,
                        start - timedelta(days=15),
                    )
                )
    metrics, starts, segments, ends, values, versions, known = zip(*rows, strict=True)
    return Rows(
        "targets",
        {
            "metric": pa.array(metrics),
            "period_start": pa.array([day.isoformat() for day in starts]),
            "segment": pa.array(segments, pa.string()),
            "period_end": pa.array([(day - timedelta(days=1)).isoformat() for day in ends]),
            "target_value": text.integers(np.array(values)),
            "version": text.integers(np.array(versions)),
        },
        known_at=np.array([seconds_of(day) for day in known], dtype=np.int64),
    )


def cost_rows(config: SimulationConfig, window: Window, campaigns: Campaigns) -> Rows:
    """Media by day, channel and campaign, as the leads expected of the day; all else by month."""
    rng = random_stream(config.seed, Stream.COSTS)
    shares = day_shares(window)
    day = window.start // DAY + np.arange(len(shares))
    paid = [number for number, channel in enumerate(CHANNELS) if channel.cost_per_lead]
    channel = np.repeat(paid, len(shares))
    media_at = np.tile(day, len(paid)) * DAY
    expected = (
        config.leads * np.tile(shares, len(paid)) * np.array([CHANNELS[c].share for c in channel])
    )
    price = np.array([CHANNELS[c].cost_per_lead for c in channel])
    media = expected * price * rng.lognormal(-0.02, 0.2, len(channel))

    months = [
        seconds_of(month_after(config.start, month + 1)) - DAY for month in range(config.months)
    ]
    monthly_leads = config.leads / config.months
    kinds = ("media", "list_purchase", "event", *(kind for kind, _ in _FLAT_RATES))
    month_at = np.repeat(months, len(_FLAT_RATES))
    rates = np.tile([rate for _, rate in _FLAT_RATES], len(months))
    monthly = monthly_leads * rates * rng.lognormal(-0.005, 0.1, len(rates))

    special = {"purchased_list": 1, "event": 2}
    kind = np.concatenate(
        [
            [special.get(CHANNELS[c].key, 0) for c in channel],
            np.tile(np.arange(3, 3 + len(_FLAT_RATES)), len(months)),
        ]
    )
    booked_at = np.concatenate([media_at, month_at])
    channels = np.concatenate([channel, np.full(len(month_at), -1)])
    campaign = np.where(channels < 0, -1, campaigns.pick(channels, booked_at))
    return Rows(
        "costs",
        {
            "cost_id": text.ids("K", np.arange(len(kind)), 7),
            "cost_date": text.dates(booked_at),
            "cost_type": text.words(kind, kinds),
            "channel": text.words(channels, [c.key for c in CHANNELS]),
            "campaign_id": text.words(campaign, campaigns.names),
            "amount": text.money(np.concatenate([media, monthly])),
            "currency": text.constant(len(kind), "EUR"),
        },
        known_at=booked_at,
    )


def traffic_rows(config: SimulationConfig, window: Window, leads_of_day: Ints) -> Rows:
    """Visitors per day, channel and landing page.

    `leads_of_day`: leads created, by day and channel. Visitors = those leads
    + Poisson(expected leads x (1 / visitor_to_lead - 1)).
    """
    rng = random_stream(config.seed, Stream.TRAFFIC)
    shares = day_shares(window)
    web = [number for number, channel in enumerate(CHANNELS) if channel.visitor_to_lead]
    rate = np.array([CHANNELS[c].visitor_to_lead for c in web], dtype=np.float64)
    expected = config.leads * shares[:, None] * np.array([CHANNELS[c].share for c in web])
    visitors = leads_of_day[:, web] + rng.poisson(expected * (1 / rate - 1))
    on_home = rng.binomial(visitors, _PAGES[0][1])
    by_page = np.stack([on_home, visitors - on_home], axis=2).ravel()
    sessions = by_page + rng.binomial(by_page, 0.2)
    bounces = rng.binomial(sessions, 0.45)
    day, channel, page = (index.ravel() for index in np.indices((len(shares), len(web), 2)))
    position = 14 - 6 * day / len(shares) + rng.normal(0, 0.5, len(day))
    is_search = np.array(web)[channel] == 0
    at = (window.start // DAY + day) * DAY
    return Rows(
        "web_traffic",
        {
            "traffic_date": text.dates(at),
            "channel": text.words(channel, [CHANNELS[c].key for c in web]),
            "landing_page": text.words(page, [name for name, _ in _PAGES]),
            "visitors": text.integers(by_page),
            "sessions": text.integers(sessions),
            "pageviews": text.integers(sessions + rng.poisson((sessions - bounces) * 2.5)),
            "bounces": text.integers(bounces),
            "social_shares": text.integers(rng.poisson(by_page * 0.01)),
            "search_position": pc.if_else(is_search, text.decimals(position, 1), None),
        },
        known_at=at,
    )
