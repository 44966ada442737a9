"""Rows of `leads` and `lead_merges`: the CRM's records as they stand at the end of the window."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import model, text
from simulator.block import Block, with_offset
from simulator.clocks import DAY, NEVER, Bools, Ints
from simulator.landing import Rows, is_known
from simulator.model import CHANNELS, COUNTRIES, PERSONAS, TIME_ZONES
from simulator.persons import REGION_NAMES
from simulator.records import OTHER_EMAIL, SAME_EMAIL
from simulator.statuses import VOCABULARY, Statuses, lead_ids

_FIRST_NAMES = (
    "Ana", "María", "José", "Luis", "Lucía", "Carlos", "Elena", "Jorge", "Emma", "James", "Olivia",
    "Peter", "Laura", "David", "Julia", "Martín", "Andrés", "Noah", "Grace", "Tomás", "Inés",
    "Felix", "Sarah", "Iñigo",
)  # fmt: skip
_LAST_NAMES = (
    "García", "López", "Martínez", "Hernández", "Smith", "Müller", "Johnson", "Rodríguez", "Brown",
    "O'Neill", "Peña", "Schmidt", "Torres", "Vargas", "Evans", "Ramírez", "Núñez", "Wilson",
    "Castro", "Weber", "Ríos", "Davies",
)  # fmt: skip
_ASCII = str.maketrans("áéíóúüñ", "aeiouun", "'")
_COMPANY_WORDS = (
    "Nova", "Delta", "Iberia", "Summit", "Azul", "Vertex", "Norte", "Orion", "Prado", "Atlas",
    "Sol", "Kestrel", "Monte", "Lumen", "Río", "Bright", "Quinta", "Anchor", "Faro", "Cedar",
)  # fmt: skip
_COMPANY_KINDS = (
    "Foods",
    "Labs",
    "Logistics",
    "Partners",
    "Energía",
    "Media",
    "Systems",
    "Retail",
    "Health",
    "Motors",
)
_LEGAL_FORMS = (", S.L.", ", Inc.", " GmbH", " S.A. de C.V.", " & Co", ' "Group"')
_FREE_DOMAINS = ("gmail.com", "hotmail.com", "outlook.com", "yahoo.com")
_INCOME_BANDS = ("low", "middle", "high")
_GENDERS = ("female", "male", "other")
_INDUSTRIES = tuple(industry for persona in PERSONAS for industry in persona.industries)
_CHALLENGES = tuple(challenge for persona in PERSONAS for challenge in persona.challenges)
_ORIGINS = ("marketing", "partner", "sdr", "sales", "purchased_list")


def lead_rows(rng: np.random.Generator, block: Block, statuses: Statuses) -> tuple[Rows, Rows]:
    """The records as they stand, and for a share of them also their first version."""
    records, window = block.records, block.setting.window
    person = records.person
    enriched_at = _enriched_at(rng, block)
    last = _last_status(statuses, len(records), is_known(statuses.moment, window))
    # position -1, of the records without a status, is that of the appended one
    status_at = np.maximum(np.append(statuses.moment, 0)[last], records.created_at)
    word = np.append(statuses.word, VOCABULARY.index("New"))[last]
    sold_from = block.journeys.sold_from[person]
    changes = [
        status_at,
        *(
            np.where(is_known(at, window), at, 0)
            for at in (enriched_at, records.deleted_at, sold_from)
        ),
    ]
    updated_at = np.maximum(np.max(changes, axis=0), records.created_at)

    fixed = _fixed_columns(rng, block)
    now = _varying_columns(
        block,
        status=word,
        is_enriched=is_known(enriched_at, window),
        is_deleted=is_known(records.deleted_at, window),
        updated_at=updated_at,
    )
    at_first = _varying_columns(
        block,
        status=np.full(len(records), VOCABULARY.index("New")),
        is_enriched=np.zeros(len(records), dtype=np.bool_),
        is_deleted=np.zeros(len(records), dtype=np.bool_),
        updated_at=records.created_at,
    )
    # where nothing has changed yet, the first version is the one that stands
    is_early = (rng.random(len(records)) < model.EARLY_VERSION_SHARE) & (
        updated_at > records.created_at
    )
    never = np.where(is_early, records.created_at, NEVER)
    return (
        Rows("leads", fixed | at_first, known_at=never, is_dirty=False),
        Rows("leads", fixed | now, known_at=records.created_at, changed_at=updated_at),
    )


def merge_rows(block: Block) -> Rows:
    """Merges that stand, and those that were taken back."""
    records, window = block.records, block.setting.window
    loser = np.flatnonzero(records.merged_at < NEVER)
    mistaken = records.mistaken_merges
    merged_at = np.concatenate([records.merged_at[loser], mistaken[:, 2]])
    reversed_at = np.concatenate([np.full(len(loser), NEVER), mistaken[:, 3]])
    losers = np.concatenate([loser, mistaken[:, 0]])
    is_reversed = is_known(reversed_at, window)
    return Rows(
        "lead_merges",
        {
            "event_id": text.ids("M", records.first_number + losers),
            "loser_lead_id": lead_ids(block, losers),
            "survivor_lead_id": lead_ids(
                block, np.concatenate([records.merged_into[loser], mistaken[:, 1]])
            ),
            "merged_at": text.moments(merged_at),
            "reversed_at": text.moments(reversed_at, is_reversed),
        },
        known_at=merged_at,
        changed_at=np.where(is_reversed, reversed_at, merged_at),
    )


def _last_status(statuses: Statuses, records: int, known: Bools) -> Ints:
    """Position of the last known status change of each record; -1 = none."""
    last = np.full(records, -1)
    np.maximum.at(last, statuses.record[known], np.flatnonzero(known))
    return last


def _enriched_at(rng: np.random.Generator, block: Block) -> Ints:
    """Moment when the firm's figures were filled in: at creation, or some days later."""
    created_at = block.records.created_at
    delay = np.where(
        rng.random(len(created_at)) < 0.4, 0.0, rng.exponential(2.0 * DAY, len(created_at))
    )
    return created_at + delay.astype(np.int64)


def _fixed_columns(rng: np.random.Generator, block: Block) -> dict[str, pa.Array]:
    """Columns that stay as they were at the creation."""
    records, persons = block.records, block.persons
    person, count = records.person, len(records)
    country, channel, persona = (
        codes[person] for codes in (persons.country, persons.channel, persons.persona)
    )
    zone = persons.zone[person]
    first, last, firm, kind = (
        rng.integers(0, size, len(persons))[person]
        for size in (len(_FIRST_NAMES), len(_LAST_NAMES), len(_COMPANY_WORDS), len(_COMPANY_KINDS))
    )
    campaign = block.setting.campaigns.pick(channel, records.created_at)
    is_consumer = rng.random(count) < 0.1
    challenges = len(PERSONAS[0].challenges)
    challenge = persona * challenges + rng.integers(0, challenges, count)
    origin = np.array([_ORIGINS.index(c.origin_owner) for c in CHANNELS])[channel]
    # some calls are the account executives' own
    is_own_call = (origin == _ORIGINS.index("sdr")) & (rng.random(count) < 0.2)
    return {
        "lead_id": lead_ids(block, np.arange(count)),
        "created_at": text.moments_with_offset(
            records.created_at, with_offset(rng, count), block.setting.zones, zone
        ),
        "email": _emails(rng, block, first=first, last=last, firm=firm, kind=kind),
        "name": text.joined(text.words(first, _FIRST_NAMES), " ", text.words(last, _LAST_NAMES)),
        "phone": text.joined(
            text.words(country, [c.dial for c in COUNTRIES]),
            text.ids(" ", 600_000_000 + rng.integers(0, 99_999_999, len(persons))[person], 9),
        ),
        "company_name": text.joined(
            text.words(firm, _COMPANY_WORDS),
            " ",
            text.words(kind, _COMPANY_KINDS),
            text.words((firm + kind) % len(_LEGAL_FORMS), _LEGAL_FORMS),
        ),
        "country": text.words(country, [c.key for c in COUNTRIES]),
        "region": text.words(persons.region[person], REGION_NAMES),
        "timezone": text.words(np.where(rng.random(count) < 0.05, -1, zone), TIME_ZONES),
        "income_band": text.words(np.where(is_consumer, persons.fit[person], -1), _INCOME_BANDS),
        "gender": text.words(np.where(is_consumer, (first + last) % 3, -1), _GENDERS),
        "birth_year": text.integers(
            np.array([p.birth_year for p in PERSONAS])[persona] + (first - last), is_consumer
        ),
        "interest": text.words(persona, [p.interest for p in PERSONAS]),
        "main_challenge": text.words(np.where(rng.random(count) < 0.4, challenge, -1), _CHALLENGES),
        "lead_source": text.words(channel, [c.lead_source for c in CHANNELS]),
        "channel": text.words(channel, [c.key for c in CHANNELS]),
        "campaign_id": text.words(
            np.where(rng.random(count) < 0.15, -1, campaign), block.setting.campaigns.names
        ),
        "origin_owner": text.words(
            np.where(is_own_call, _ORIGINS.index("sales"), origin), _ORIGINS
        ),
        "is_test": text.flags(records.is_test),
    }


def _varying_columns(
    block: Block, status: Ints, is_enriched: Bools, is_deleted: Bools, updated_at: Ints
) -> dict[str, pa.Array]:
    """Columns that change, as they stood at `updated_at`."""
    person = block.records.person
    persons = block.persons
    employees = persons.employees[person]
    per_persona = len(PERSONAS[0].industries)
    industry = (persons.persona * per_persona + persons.industry)[person]
    return {
        "updated_at": text.moments(updated_at),
        "industry": text.words(np.where(is_enriched, industry, -1), _INDUSTRIES),
        "employee_count": text.integers(employees, is_enriched),
        "company_revenue": text.money(employees * 145_000.0, is_enriched),
        "owner_rep_id": text.ids("R", block.owner(person, updated_at), 4),
        "status": text.words(status, VOCABULARY),
        "is_deleted": text.flags(is_deleted),
    }


def _emails(
    rng: np.random.Generator, block: Block, *, first: Ints, last: Ints, firm: Ints, kind: Ints
) -> pa.Array:
    """Addresses that no two persons share; some of the duplicates spell them in their own way."""
    records, persons = block.records, block.persons
    person = records.person
    free = rng.integers(0, len(_FREE_DOMAINS), len(persons))[person]
    firms = [
        f"{word}{kind}.example".lower().translate(_ASCII)
        for word in _COMPANY_WORDS
        for kind in _COMPANY_KINDS
    ]
    domains = (*firms, *_FREE_DOMAINS)
    is_business = persons.has_business_email[person]
    domain = np.where(is_business, firm * len(_COMPANY_KINDS) + kind, len(firms) + free)
    # a record that was merged by hand has an address of its own
    number = np.where(
        records.duplicate == OTHER_EMAIL, records.numbers, records.first_number + person
    )
    emails = text.joined(
        text.words(first, [name.lower().translate(_ASCII) for name in _FIRST_NAMES]),
        ".",
        text.words(last, [name.lower().translate(_ASCII) for name in _LAST_NAMES]),
        text.ids(".", number, 7, persons.has_email[person]),
        "@",
        text.words(domain, domains),
    )
    is_same = records.duplicate == SAME_EMAIL
    shouted = pa.array(is_same & (rng.random(len(records)) < 0.5))
    spaced = pa.array(is_same & (rng.random(len(records)) < 0.2))
    emails = pc.if_else(shouted, pc.utf8_upper(emails), emails)
    return pc.if_else(spaced, text.joined(" ", emails, " "), emails)
