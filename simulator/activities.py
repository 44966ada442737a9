"""Activities: what leads, visitors and reps do, consistent with the journeys.

Before an MQL a lead does too little for the score rule, and nothing that shows intent to buy:
late-stage actions come at the MQL or after it, in the same cycle. (Only a lead without an e-mail
may ask earlier: the rules do not know it.)
"""

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from simulator import model, text
from simulator.block import Block, with_offset
from simulator.clocks import DAY, Bools, Ints, WeeklyClock
from simulator.deals import opportunity_ids
from simulator.landing import Rows
from simulator.model import (
    CHANNELS,
    LATE_STAGE_ACTIONS,
    LEAD_CLOCK,
    MQL,
    OFFICE_CLOCK,
    OPPORTUNITY,
    SQL,
)
from simulator.persons import REGION_ZONE

_SIGN_UPS = ("ebook_download", "newsletter_signup", "webinar_signup", "form_submit")
_WEB = (*LATE_STAGE_ACTIONS, *_SIGN_UPS, "page_view", "pricing_page_view")
_ATTENDED = ("webinar_attended", "event_attended")
_REPLIES = ("email_reply", "call_received")
_MAIL = ("email_open", "email_click", "social_engagement", "unsubscribe")
_OUTBOUND = ("call", "email_sent", "voicemail", "sms", "social_message", "meeting", "demo")
TYPES = (*_WEB, *_ATTENDED, *_REPLIES, *_MAIL, *_OUTBOUND, "bounce", "other")
"""All activity types of the simulator; a type is kept as its position here."""
_FROM_LEAD = len(_WEB) + len(_ATTENDED) + len(_REPLIES) + len(_MAIL)
_FROM_US = _FROM_LEAD + len(_OUTBOUND)

# (type, share): contacts by reps; what does not change the score
_FIRST_CONTACTS = (("call", 0.5), ("email_sent", 0.4), ("voicemail", 0.05), ("sms", 0.05))
_FOLLOW_UPS = (
    ("call", 0.35), ("email_sent", 0.30), ("voicemail", 0.08), ("sms", 0.04),
    ("social_message", 0.05), ("email_reply", 0.12), ("call_received", 0.06),
)  # fmt: skip
_UNSCORED = (
    ("email_sent", 0.66), ("social_engagement", 0.20), ("sms", 0.05), ("newsletter_signup", 0.03),
    ("other", 0.04), ("unsubscribe", 0.01), ("bounce", 0.01),
)  # fmt: skip
_INTERESTED = (("pricing_page_view", 0.6), ("webinar_attended", 0.25), ("event_attended", 0.15))
_ASSETS = (
    "/",
    "/product",
    "/blog/lead-funnel",
    "/pricing",
    "contact form",
    "demo form",
    "Buying guide 2024.pdf",
)
_CALL_OUTCOMES = ("answered", "no answer", "busy")
_MEETING_OUTCOMES = ("held", "no show")
_MOST_PER_RECORD = 2_000
_AT_MOST = 60 * DAY


@dataclass(frozen=True)
class Activities:
    """Activities, one each. -1 = none."""

    record: Ints
    moment: Ints
    type: Ints
    rep: Ints
    opportunity: Ints
    is_automated: Bools

    def __len__(self) -> int:
        return len(self.record)


def draw_activities(rng: np.random.Generator, block: Block) -> Activities:
    """All activities of the block's leads before the end, in order of time."""
    parts = [
        _creations(rng, block),
        *_late_stage_actions(rng, block),
        *_contacts(rng, block),
        _interest(rng, block),
        _unknown_callers(rng, block),
    ]
    wanted = round(block.setting.config.activities_per_lead * len(block.records))
    parts += _engagement(rng, block, max(wanted - sum(len(part) for part in parts), 0))
    values = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts])
        for field in fields(Activities)
    }
    order = np.argsort(values["moment"], kind="stable")
    return Activities(**{name: column[order] for name, column in values.items()})


def activity_rows(rng: np.random.Generator, block: Block, activities: Activities) -> Rows:
    """Rows of `activities` for the block's leads."""
    count = len(activities)
    types, records, moments = activities.type, activities.record, activities.moment
    person = block.records.person[records]
    of_lead = block.persons.channel[person]
    elsewhere = rng.random(count) < 0.4
    channel = np.where(elsewhere, rng.integers(0, 4, count), of_lead)
    is_web = types < len(_WEB)
    has_channel = types < _FROM_LEAD
    campaign = block.setting.campaigns.pick(channel, moments)
    has_utm = is_web & (rng.random(count) < 0.7)
    is_spoken = np.isin(types, _codes("call", "call_received", "meeting", "demo"))
    outcome = np.where(np.isin(types, _codes("call")), rng.integers(0, 3, count), -1)
    outcome = np.where(
        np.isin(types, _codes("meeting", "demo")), 3 + (rng.random(count) < 0.12), outcome
    )
    is_ours = (types >= _FROM_LEAD) & (types < _FROM_US)
    return Rows(
        "activities",
        {
            "activity_id": text.ids(
                "A", block.records.first_number * _MOST_PER_RECORD + np.arange(count), 12
            ),
            "lead_id": text.ids("L", block.records.first_number + records),
            "visitor_id": text.ids("V", block.records.first_number + records, 9, is_web),
            "opportunity_id": opportunity_ids(activities.opportunity, activities.opportunity >= 0),
            "rep_id": text.ids("R", activities.rep, 4, activities.rep >= 0),
            "activity_type": text.words(types, TYPES),
            "occurred_at": text.moments_with_offset(
                moments, with_offset(rng, count), block.setting.zones, block.persons.zone[person]
            ),
            "direction": text.words(
                np.where(types < _FROM_LEAD, 0, np.where(is_ours, 1, -1)), ("in", "out")
            ),
            "is_automated": text.flags(activities.is_automated, is_ours | activities.is_automated),
            "outcome": text.words(outcome, (*_CALL_OUTCOMES, *_MEETING_OUTCOMES)),
            "duration_seconds": text.integers(
                20 + rng.integers(0, 60, count) * rng.integers(1, 40, count), is_spoken
            ),
            "asset": text.words(
                np.where(is_web, rng.integers(0, len(_ASSETS), count), -1), _ASSETS
            ),
            "channel": text.words(np.where(has_channel, channel, -1), [c.key for c in CHANNELS]),
            "campaign_id": text.words(
                np.where(has_channel, campaign, -1), block.setting.campaigns.names
            ),
            **_utm_columns(block, channel, np.where(has_utm, campaign, -1)),
        },
        known_at=block.arrivals(rng, moments),
    )


def anonymous_rows(rng: np.random.Generator, block: Block) -> Rows:
    """Page views of visitors who left no address; some in nights when the clocks change."""
    setting = block.setting
    count = int(np.ceil(len(block.records) * model.ANONYMOUS_SHARE))
    zone = REGION_ZONE[rng.integers(0, len(REGION_ZONE), count)]
    window = setting.window
    start = np.full(count, window.start)
    moments = LEAD_CLOCK.between(
        start, np.full(count, window.end), rng.random(count), setting.zones, zone
    )
    nights = [
        (number, night)
        for number, transitions in enumerate(setting.zones.transitions)
        for night in transitions[
            (transitions > window.start + DAY) & (transitions < window.end - DAY)
        ]
    ]
    is_night = (np.arange(count) % 5 == 0) & bool(nights)
    if nights:
        night_zone, night = np.array(nights, dtype=np.int64)[rng.integers(0, len(nights), count)].T
        zone = np.where(is_night, night_zone, zone)
        moments = np.where(is_night, night + rng.integers(-2 * 3600, 2 * 3600, count), moments)
    channel = rng.integers(0, 4, count)
    campaign = setting.campaigns.pick(channel, moments)
    first = (block.records.first_number + len(block.records)) * _MOST_PER_RECORD - count
    return Rows(
        "activities",
        {
            "activity_id": text.ids("A", first + np.arange(count), 12),
            "visitor_id": text.ids("W", first + rng.integers(0, count, count), 12),
            "activity_type": text.constant(count, "page_view"),
            "occurred_at": text.moments_with_offset(moments, is_night, setting.zones, zone),
            "direction": text.constant(count, "in"),
            "asset": text.choices(rng, count, _ASSETS[:4]),
            "channel": text.words(channel, [c.key for c in CHANNELS]),
            "campaign_id": text.words(campaign, setting.campaigns.names),
            **_utm_columns(block, channel, campaign),
        },
        known_at=moments,
    )


def _utm_columns(block: Block, channel: Ints, campaign: Ints) -> dict[str, pa.Array]:
    sources = [
        source
        for c in CHANNELS
        for source in ((c.utm_sources[0], c.utm_sources[-1]) if c.utm_sources else (None, None))
    ]
    known = np.where(campaign >= 0, channel, -1)
    return {
        "utm_source": text.words(np.where(known >= 0, known * 2 + campaign % 2, -1), sources),
        "utm_medium": text.words(known, [c.utm_medium for c in CHANNELS]),
        "utm_campaign": text.words(campaign, block.setting.campaigns.names),
    }


def _codes(*types: str) -> Ints:
    return np.array([TYPES.index(name) for name in types], dtype=np.int64)


def _draw(rng: np.random.Generator, count: int, shares: tuple[tuple[str, float], ...]) -> Ints:
    edges = np.cumsum([share for _, share in shares])
    picked = np.searchsorted(edges[:-1], rng.random(count) * edges[-1], side="right")
    return np.asarray(_codes(*(name for name, _ in shares))[picked])


def _activities(
    record: Ints,
    moment: Ints,
    types: Ints,
    *,
    rep: Ints | int = -1,
    opportunity: Ints | int = -1,
    is_automated: Bools | bool = False,
) -> Activities:
    shape = record.shape
    return Activities(
        record,
        moment,
        types,
        np.broadcast_to(np.asarray(rep, dtype=np.int64), shape),
        np.broadcast_to(np.asarray(opportunity, dtype=np.int64), shape),
        np.broadcast_to(np.asarray(is_automated, dtype=np.bool_), shape),
    )


def _creations(rng: np.random.Generator, block: Block) -> Activities:
    """Activities that created each record."""
    records = block.records
    person = records.person
    channel = block.persons.channel[person]
    chance = rng.random(len(records))
    types = np.zeros(len(records), dtype=np.int64)
    for number, c in enumerate(CHANNELS):
        of = channel == number
        types[of] = _codes(*c.first_activities)[
            (chance[of] * len(c.first_activities)).astype(np.int64)
        ]
    points = block.persons.fit_points[person]
    ebook, signup, attended = _codes("ebook_download", "webinar_signup", "event_attended")
    types = np.where((types == ebook) & (points > model.EBOOK_FIT_LIMIT), signup, types)
    types = np.where((types == attended) & (points > model.EVENT_FIT_LIMIT), signup, types)
    types = np.where(records.duplicate > 0, _codes("form_submit")[0], types)
    call, other = _codes("call", "other")
    rep = np.where(types == call, block.actor(person, records.created_at), -1)
    return _activities(
        np.arange(len(records)), records.created_at, types, rep=rep, is_automated=types == other
    )


def _late_stage_actions(rng: np.random.Generator, block: Block) -> list[Activities]:
    """The action that makes the MQL, where the rule does; for some, one more later on."""
    journeys, end = block.journeys, block.setting.window.end
    mql_at = journeys.entered_at[:, :, MQL]
    person, cycle = np.nonzero(journeys.is_mql_by_rule & (mql_at < end))
    actions = _codes(*LATE_STAGE_ACTIONS)
    at_mql = mql_at[person, cycle]
    first = _activities(
        block.records.at(rng, person, at_mql),
        at_mql,
        actions[rng.integers(0, len(actions), len(person))],
    )
    again = (mql_at < end) & block.persons.has_email[:, None] & (rng.random(mql_at.shape) < 0.3)
    person, moments = _within_cycle(rng, block, (LEAD_CLOCK, block.persons.zone), again, mql_at)
    return [
        first,
        _activities(
            block.records.at(rng, person, moments),
            moments,
            actions[rng.integers(0, len(actions), len(person))],
        ),
    ]


def _contacts(rng: np.random.Generator, block: Block) -> list[Activities]:
    """The reps' work on those they contact at all: first contact, follow-ups, meeting, demo."""
    journeys, end, zone = block.journeys, block.setting.window.end, block.persons.team_zone
    contacted_at = journeys.contacted_at
    person, cycle = np.nonzero(contacted_at < end)
    first_at = contacted_at[person, cycle]
    parts = [(person, first_at, _draw(rng, len(person), _FIRST_CONTACTS), np.full(len(person), -1))]
    for _ in range(4):
        more = (contacted_at < end) & (rng.random(contacted_at.shape) < 0.6)
        person, moments = _within_cycle(rng, block, (OFFICE_CLOCK, zone), more, contacted_at)
        parts.append(
            (person, moments, _draw(rng, len(person), _FOLLOW_UPS), np.full(len(person), -1))
        )
    for stage, name in ((SQL, "meeting"), (OPPORTUNITY, "demo")):
        entry = journeys.entered_at[:, :, stage]
        person, cycle = np.nonzero(
            (contacted_at < entry) & (entry < end) & (rng.random(entry.shape) < 0.8)
        )
        number = (block.records.first_number + person) * 10 + cycle
        number = number if stage == OPPORTUNITY else np.full(len(person), -1)
        parts.append(
            (person, entry[person, cycle], np.full(len(person), TYPES.index(name)), number)
        )
    return [
        _activities(
            block.records.at(rng, person, moments),
            moments,
            types,
            rep=block.actor(person, moments),
            opportunity=number,
        )
        for person, moments, types, number in parts
    ]


def _interest(rng: np.random.Generator, block: Block) -> Activities:
    """High-scoring activities of MQLs in their last cycle."""
    journeys = block.journeys
    mql_at = journeys.entered_at[:, :, MQL]
    chosen = (
        journeys.is_last_cycle
        & (mql_at < block.setting.window.end)
        & (rng.random(mql_at.shape) < 0.5)
    )
    person, moments = _within_cycle(rng, block, (LEAD_CLOCK, block.persons.zone), chosen, mql_at)
    return _activities(
        block.records.at(rng, person, moments), moments, _draw(rng, len(person), _INTERESTED)
    )


def _unknown_callers(rng: np.random.Generator, block: Block) -> Activities:
    """Leads without an e-mail who ask to be called: no MQL, as the rules ask for a known lead."""
    created_at = block.persons.created_at
    limit = np.minimum(block.journeys.first_exited_at, block.journeys.qualified_at[:, 0])
    limit = np.minimum(limit, block.setting.window.end)
    asks = ~block.persons.has_email & (limit > created_at + 1) & (rng.random(len(created_at)) < 0.1)
    person = np.flatnonzero(asks)
    moments = LEAD_CLOCK.between(
        created_at[person],
        limit[person],
        rng.random(len(person)),
        block.setting.zones,
        block.persons.zone[person],
    )
    return _activities(person, moments, np.full(len(person), TYPES.index("contact_request")))


def _within_cycle(
    rng: np.random.Generator,
    block: Block,
    week: tuple[WeeklyClock, Ints],
    chosen: Bools,
    since: Ints,
) -> tuple[Ints, Ints]:
    """Persons and moments after `since`, before the exit of the cycle, at most two months on.

    `week`: whose week it is, with the time zone of each person.
    """
    clock, zone = week
    limit = np.minimum(
        np.minimum(block.journeys.exited_at, block.setting.window.end), since + _AT_MOST
    )
    person, cycle = np.nonzero(chosen & (limit > since + 1))
    moments = clock.between(
        since[person, cycle] + 1,
        limit[person, cycle],
        rng.random(len(person)) ** 1.5,
        block.setting.zones,
        zone[person],
    )
    return person, moments


def _engagement(rng: np.random.Generator, block: Block, total: int) -> list[Activities]:
    """`total` page views, e-mails and the like; who has been there longer did more of them.

    What scores ends with the first exit and is bounded per person; a duplicate does nothing that
    scores.
    """
    records, end = block.records, block.setting.window.end
    exposure = 1.05 - np.exp(-(end - records.created_at) / (20.0 * DAY))
    weights = rng.gamma(1.5, 1.0, len(records)) * exposure
    counts = rng.multinomial(total, weights / weights.sum())
    is_first = records.duplicate == 0
    limit = np.minimum(block.journeys.first_exited_at[records.person], end)
    scores = is_first & (limit > records.created_at + 1)
    pages = np.minimum(rng.binomial(counts, 0.25), model.MAX_PAGE_VIEWS) * scores
    clicks = np.minimum(rng.binomial(counts - pages, 0.04), model.MAX_EMAIL_CLICKS) * scores
    opens = rng.binomial(counts - pages - clicks, 0.3) * scores
    others = counts - pages - clicks - opens
    unscored = _draw(rng, int(others.sum()), _UNSCORED)
    parts = []
    for number, types, until in (
        (pages, TYPES.index("page_view"), limit),
        (clicks, TYPES.index("email_click"), limit),
        (opens, TYPES.index("email_open"), limit),
        (others, unscored, np.full(len(records), end)),
    ):
        record = np.repeat(np.arange(len(records)), number)
        since = records.created_at[record]
        way = rng.random(len(record)) ** 2
        zone = block.persons.zone[records.person[record]]
        moments = LEAD_CLOCK.between(since, until[record], way, block.setting.zones, zone)
        kinds = np.broadcast_to(np.asarray(types, dtype=np.int64), record.shape)
        is_automated = np.isin(kinds, _codes("email_sent", "sms", "bounce"))
        parts.append(
            _activities(
                records.standing(record, moments), moments, kinds, is_automated=is_automated
            )
        )
    return parts
