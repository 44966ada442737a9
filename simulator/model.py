"""The company in numbers: who its leads are, how they move, how its people behave.

The package says what the numbers mean: its docstring has the formulas.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulator.clocks import Floats, WeeklyClock

STAGES = ("lead", "mql", "sal", "sql", "opportunity", "customer")
LEAD, MQL, SAL, SQL, OPPORTUNITY, CUSTOMER = range(6)
RECYCLED, DISQUALIFIED, LOST = 6, 7, 8
STATES = (*STAGES, "recycled", "disqualified", "lost")
OPEN = 9
EXITS = ("recycled", "disqualified", "lost", "open")
MAX_CYCLES = 3


@dataclass(frozen=True)
class Channel:
    """A way by which leads come."""

    key: str
    share: float
    early: float
    """Effect on the logit of lead -> mql and mql -> sal."""
    late: float
    """Effect on the logit of the later steps."""
    pace: float
    """Factor on all delays."""
    has_email: float
    """Share of leads with an e-mail address."""
    lead_source: str
    origin_owner: str
    first_activities: tuple[str, ...]
    visitor_to_lead: float | None
    """Leads per visitor; None where there is no web traffic."""
    cost_per_lead: float
    """Media cost, in EUR."""
    utm_medium: str | None = None
    utm_sources: tuple[str, ...] = ()


_FORMS = ("form_submit", "ebook_download", "newsletter_signup", "webinar_signup")
_SEARCH = ("google", "bing")
_NETWORKS = ("linkedin", "facebook")
CHANNELS = (
    Channel("organic_search", 0.24, 0.15, 0.15, 1.00, 1.0, "form", "marketing",
            _FORMS, 0.024, 0, "organic", _SEARCH),
    Channel("paid_search", 0.20, 0.10, 0.05, 0.90, 1.0, "form", "marketing",
            _FORMS, 0.032, 38, "cpc", _SEARCH),
    Channel("social", 0.15, -0.35, -0.25, 1.15, 1.0, "form", "marketing",
            _FORMS, 0.015, 22, "social", _NETWORKS),
    Channel("email", 0.11, 0.05, 0.05, 1.00, 1.0, "form", "marketing",
            _FORMS, 0.045, 4, "email", ("newsletter",)),
    Channel("referral", 0.08, 0.60, 0.50, 0.85, 1.0, "referral", "partner",
            ("form_submit", "other"), 0.060, 0, "referral", ("partner",)),
    Channel("event", 0.08, 0.20, 0.10, 1.10, 1.0, "event", "marketing",
            ("event_attended", "webinar_signup"), None, 55),
    Channel("cold_call", 0.07, -0.40, -0.10, 1.00, 0.6, "call", "sdr",
            ("call",), None, 0),
    Channel("purchased_list", 0.07, -0.90, -0.40, 1.20, 0.9, "list", "purchased_list",
            ("other",), None, 3),
)  # fmt: skip


@dataclass(frozen=True)
class Persona:
    """A kind of buyer; it is not in the data, but drives what is."""

    key: str
    share: float
    early: float
    late: float
    industries: tuple[str, ...]
    """The first one is a target industry of the scoring rules, the others are not."""
    interest: str
    challenges: tuple[str, ...]
    deal_size: float
    """Median value of a first deal, in EUR."""
    churn: float
    """Monthly hazard of the end of a subscription."""
    birth_year: int


PERSONAS = (
    Persona("marketing_manager", 0.35, 0.20, 0.00, ("software", "media", "retail"), "lead scoring",
            ("Too many leads, too few deals", "Nobody can say which channel pays, or agrees"),
            9_000, 0.020, 1986),
    Persona("sales_director", 0.25, 0.10, 0.30, ("finance", "insurance", "logistics"), "pipeline",
            ("Leads go cold", 'Reps say "bad leads", marketing says "slow reps"'),
            18_000, 0.015, 1979),
    Persona("operations_manager", 0.25, -0.15, 0.05, ("manufacturing", "energy", "logistics"),
            "reporting", ("Too much work in spreadsheets", "Numbers differ:\nCRM and finance"),
            14_000, 0.012, 1981),
    Persona("founder", 0.15, -0.10, -0.35, ("software", "consulting", "education"), "all in one",
            ("No time", "Growth has stalled, costs have not"),
            4_000, 0.045, 1988),
)  # fmt: skip

FITS = ("low", "middle", "high")
FIT_SHARES = (0.35, 0.45, 0.20)
FIT_EARLY = (-0.50, 0.10, 0.55)
FIT_LATE = (-0.35, 0.05, 0.40)
FIT_MID_SIZE = (0.10, 0.55, 0.80)
FIT_LARGE = (0.03, 0.10, 0.15)
FIT_TARGET_INDUSTRY = (0.20, 0.50, 0.85)
FIT_BUSINESS_EMAIL = (0.50, 0.75, 0.92)

# of the seed scoring_rules: they bound what a lead does before its MQL, so that the score rule
# stays silent
FIT_POINTS = {"mid_size": 20, "large": 10, "industry": 15, "business_email": 5}
MAX_PAGE_VIEWS = 10
MAX_EMAIL_CLICKS = 1
EBOOK_FIT_LIMIT = 30
EVENT_FIT_LIMIT = 25


@dataclass(frozen=True)
class Step:
    """Outcomes of those who enter a stage."""

    advance: float
    """Probability to advance of a lead of no channel, persona or fit effect."""
    shape: int
    """Shape of the Erlang (gamma) delay until the advance; 1 = exponential."""
    mean_days: float
    zero_share: float
    """Share of advances that take no time at all: two status changes at one moment."""
    jumps: dict[int, float]
    """Stage entered by those who advance; more than one stage on = those between are skipped."""
    exits: tuple[float, float, float, float]
    """Of those who do not advance: recycled, disqualified, lost, open for ever."""
    exit_mean_days: float
    """Mean of the exponential delay until the exit."""


STEPS = (
    Step(0.34, 1, 9.0, 0.00, {MQL: 0.94, SAL: 0.02, SQL: 0.04}, (0.25, 0.25, 0.00, 0.50), 25.0),
    Step(0.66, 1, 2.0, 0.00, {SAL: 0.93, SQL: 0.07}, (0.35, 0.45, 0.00, 0.20), 4.0),
    Step(0.60, 2, 8.0, 0.02, {SQL: 0.96, OPPORTUNITY: 0.04}, (0.45, 0.35, 0.00, 0.20), 12.0),
    Step(0.56, 2, 10.0, 0.00, {OPPORTUNITY: 1.0}, (0.35, 0.15, 0.30, 0.20), 20.0),
    Step(0.33, 3, 32.0, 0.00, {CUSTOMER: 1.0}, (0.05, 0.00, 0.85, 0.10), 40.0),
)
REENTRY = {RECYCLED: 0.35, DISQUALIFIED: 0.03, LOST: 0.10}
REENTRY_SHAPE, REENTRY_MEAN_DAYS = 2, 50.0
REENTRY_STAGES = {LEAD: 0.4, MQL: 0.6}
REGRESSION_SHARE = 0.06
MQL_BY_RULE_SHARE = 0.45
MQL_BY_RULE_ALSO_IN_CRM = 0.50
STATUS_WRITTEN = {LEAD: 0.60, OPPORTUNITY: 0.70, CUSTOMER: 0.70}
LATE_STAGE_ACTIONS = (
    "demo_request",
    "contact_request",
    "pricing_request",
    "trial_start",
    "buying_guide_download",
)

WORDS: dict[int, tuple[str, ...]] = {
    LEAD: ("lead", "New", "Open - Not Contacted", "Nuevo"),
    MQL: ("mql", "MQL", "Marketing Qualified", "Calificado por marketing"),
    SAL: ("sal", "SAL", "Accepted", "Aceptado"),
    SQL: ("sql", "SQL", "Sales Qualified", "Qualified", "Calificado por ventas"),
    OPPORTUNITY: ("opportunity", "Opportunity", "Oportunidad"),
    CUSTOMER: ("customer", "Customer", "Closed Won", "Cliente"),
    RECYCLED: ("recycled", "Recycled", "Nurture", "Reciclado"),
    DISQUALIFIED: ("disqualified", "Unqualified", "Disqualified", "Descartado"),
    LOST: ("lost", "Closed Lost", "Perdido"),
}
"""Words of the CRM per state; the first one, the stage's key, is used most."""
REENTRY_WORD = "Working"
UNMAPPED_WORD = "Zombie"
REASONS = {
    RECYCLED: ("not now", "no answer", "budget next year"),
    DISQUALIFIED: ("wrong fit", "student", "competitor", "bad data"),
    LOST: ("price", "competitor", "no decision", "timing"),
}

DUPLICATE_SHARE = 0.03
"""Lead ids that are a second or third record of a person."""
MERGED_SHARE = 0.30
"""Of these, merged in one step; CHAIN_SHARE = third records, merged in a chain of two; the rest
have the person's e-mail."""
CHAIN_SHARE = 0.10
REVERSED_MERGES = 0.002
TEST_SHARE = 0.005
DELETED_SHARE = 0.007
EARLY_VERSION_SHARE = 0.05
LATE_SHARE = 0.01
"""Share of rows that arrive late, by an exponential delay of mean LATE_MEAN_DAYS."""
LATE_MEAN_DAYS = 4.0
OFFSET_SHARE = 0.02
"""Share of timestamps written with the local offset; the others are in UTC (Z)."""
ANONYMOUS_SHARE = 0.05
"""Activities of anonymous visitors, per lead."""


@dataclass(frozen=True)
class Team:
    """A sales team; it works the leads of its countries, by its business calendar."""

    key: str
    calendar_id: str
    time_zone: str
    never_contacted: float
    """Share of MQLs that are never contacted by a person of ours."""
    contact_mean_minutes: float
    """Mean of the exponential delay from MQL to first contact, in minutes of work."""


TEAMS = (
    Team("emea", "madrid", "Europe/Madrid", 0.12, 150.0),
    Team("amer", "new_york", "America/New_York", 0.08, 70.0),
    Team("latam", "mexico_city", "America/Mexico_City", 0.22, 320.0),
)


@dataclass(frozen=True)
class Country:
    """A market."""

    key: str
    share: float
    team: int
    regions: tuple[tuple[str, str], ...]
    """Regions with their time zones."""
    currency: str
    dial: str


_MADRID, _BERLIN, _LONDON = "Europe/Madrid", "Europe/Berlin", "Europe/London"
_MEXICO, _BOGOTA = "America/Mexico_City", "America/Bogota"
COUNTRIES = (
    Country("ES", 0.26, 0, (("Madrid", _MADRID), ("Cataluña", _MADRID),
                            ("Canarias", "Atlantic/Canary")), "EUR", "+34"),
    Country("DE", 0.10, 0, (("Bayern", _BERLIN), ("Berlin", _BERLIN)), "EUR", "+49"),
    Country("GB", 0.08, 0, (("England", _LONDON), ("Scotland", _LONDON)), "EUR", "+44"),
    Country("US", 0.28, 1, (("New York", "America/New_York"), ("Texas", "America/Chicago"),
                            ("California", "America/Los_Angeles")), "USD", "+1"),
    Country("MX", 0.18, 2, (("Ciudad de México", _MEXICO), ("Jalisco", _MEXICO)), "MXN", "+52"),
    Country("CO", 0.10, 2, (("Bogotá", _BOGOTA), ("Antioquia", _BOGOTA)), "USD", "+57"),
)  # fmt: skip
PER_EUR = {"EUR": 1.0, "USD": 1.1, "MXN": 21.0}
TIME_ZONES = tuple(
    sorted(
        {zone for country in COUNTRIES for _, zone in country.regions}
        | {team.time_zone for team in TEAMS}
    )
)

MONTH_FACTORS = (1.05, 1.05, 1.15, 1.05, 1.00, 0.95, 0.75, 0.60, 1.10, 1.20, 1.15, 0.85)
WEEKDAY_FACTORS = (1.15, 1.20, 1.15, 1.10, 0.95, 0.40, 0.45)
HOUR_FACTORS = (
    0.15, 0.10, 0.10, 0.10, 0.10, 0.15, 0.30, 0.60, 1.10, 1.60, 1.80, 1.80,
    1.50, 1.20, 1.30, 1.50, 1.60, 1.50, 1.20, 1.00, 0.95, 0.85, 0.60, 0.30,
)  # fmt: skip


def _office_week() -> Floats:
    working_day = np.full(24, 0.02)
    working_day[[8, 18]] = 0.25
    working_day[9:18] = 1.0
    return np.concatenate([np.tile(working_day, 5), np.full(48, 0.02)])


LEAD_CLOCK = WeeklyClock(np.outer(WEEKDAY_FACTORS, HOUR_FACTORS).ravel())
"""The week of leads, in their local time: also the profile of creations."""
OFFICE_CLOCK = WeeklyClock(_office_week())
"""The week of the sales teams, in the team's local time."""

CELLS = len(CHANNELS) * len(PERSONAS) * len(FITS)


def advance_probabilities() -> Floats:
    """Probability to advance, by step (5) and cell."""
    early = _effects([c.early for c in CHANNELS], [p.early for p in PERSONAS], FIT_EARLY)
    late = _effects([c.late for c in CHANNELS], [p.late for p in PERSONAS], FIT_LATE)
    base = np.array([step.advance for step in STEPS])
    effects = np.stack([early, early, late, late, late])
    return np.asarray(1 / (1 + np.exp(-(np.log(base / (1 - base))[:, None] + effects))))


def cell_shares() -> Floats:
    """Share of persons, by cell."""
    shares = [c.share * p.share * fit for c in CHANNELS for p in PERSONAS for fit in FIT_SHARES]
    return np.array(shares)


def _effects(channels: Sequence[float], personas: Sequence[float], fits: Sequence[float]) -> Floats:
    total = np.add.outer(np.add.outer(np.array(channels), np.array(personas)), np.array(fits))
    return np.asarray(total.ravel())
