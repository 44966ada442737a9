"""The formats that the yml of a source declares: for all of it where columns agree."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestration.contract import RawTable
from orchestration.source_new.formats import Moments, Numbers, looks_like
from orchestration.source_new.profile import Profile
from orchestration.source_new.proposal import Proposal
from orchestration.source_new.vocabulary import words_of

UNITS = {
    "microseconds": {"us", "microseconds"},
    "milliseconds": {"ms", "msec", "milliseconds", "millis", "milisegundos"},
    "seconds": {
        "s",
        "sec",
        "secs",
        "seconds",
        "segundos",
        "sekunden",
        "secondes",
        "secondi",
        "seg",
    },
    "minutes": {"m", "min", "mins", "minutes", "minutos", "minuten", "minuti", "minute"},
    "hours": {"h", "hr", "hrs", "hours", "horas", "stunden", "heures", "ore"},
}
ZONES = {"utc": "UTC", "gmt": "UTC"}
"""Words of a header that name a zone."""

WORDS = ("excel_days", "epoch_seconds", "epoch_milliseconds", "epoch_microseconds", "%Y%m%d")
"""Formats of bare numbers, which are declared for their column alone."""


@dataclass(frozen=True)
class Use:
    """A column of the contract, and the raw column that gives it alone."""

    raw: str
    column: str
    data_type: str
    unit: str | None
    profile: Profile


@dataclass(frozen=True)
class Formats:
    """The format of the source, those of columns (by raw table and column), and questions."""

    source: Mapping[str, Any]
    columns: Mapping[tuple[str, str], Mapping[str, Any]]
    questions: tuple[str, ...]
    of_zone: str | None
    """The question about the zone, if there is one."""


def formats_of(proposal: Proposal, contract: Mapping[str, RawTable]) -> Formats:
    """How the mapped columns of an export are written."""
    uses = list(_uses(proposal, contract))
    questions: list[str] = []
    source: dict[str, Any] = {}
    columns: dict[tuple[str, str], dict[str, Any]] = {}
    _decide_numbers(uses, source, columns, questions)
    zone = _decide_zone(uses, source)
    _decide_moments(uses, source, columns, questions, is_foreign=proposal.is_foreign)
    _decide_units(uses, columns, questions)
    return Formats(source, columns, tuple(questions), zone)


def _uses(proposal: Proposal, contract: Mapping[str, RawTable]) -> Iterator[Use]:
    seen: set[tuple[str, str]] = set()
    for mapping in proposal.mappings:
        for guess in mapping.columns.values():
            column = next(c for c in contract[mapping.table].columns if c.name == guess.column)
            for name in guess.raw_columns:
                if guess.expression == name and (mapping.raw.name, name) not in seen:
                    seen.add((mapping.raw.name, name))
                    profile = proposal.profiles[mapping.raw.name][name]
                    unit = "seconds" if column.name == "duration_seconds" else None
                    yield Use(mapping.raw.name, column.name, column.data_type, unit, profile)


def _decide_numbers(
    uses: list[Use],
    source: dict[str, Any],
    columns: dict[tuple[str, str], dict[str, Any]],
    questions: list[str],
) -> None:
    numbers: list[tuple[Use, Numbers]] = [
        (use, use.profile.numbers)
        for use in uses
        if use.profile.numbers and use.data_type not in ("string", "boolean", "timestamp", "date")
    ]
    marks = Counter(n.decimal_mark for _, n in numbers if n.decimal_mark)
    common = marks.most_common(1)[0][0] if marks else None
    undecided = [use for use, n in numbers if n.needs_mark and not n.decimal_mark]
    if common == "," or (common and undecided):
        source["decimal_mark"] = common
    for use, found in numbers:
        own = columns.setdefault((use.raw, use.profile.name), {})
        if found.decimal_mark and found.decimal_mark != source.get("decimal_mark", "."):
            own["decimal_mark"] = found.decimal_mark
        if found.thousands_mark:
            own |= {"decimal_mark": found.decimal_mark or common or "."}
            own["thousands_mark"] = found.thousands_mark
    if not common:
        questions += [
            f"{use.raw}.{use.profile.name}: is '{_example(use, '.,')}' a decimal or thousands?"
            for use in undecided
        ]


def _decide_zone(uses: list[Use], source: dict[str, Any]) -> str | None:
    moments = [
        (use, use.profile.moments)
        for use in uses
        if use.data_type == "timestamp" and use.profile.moments
    ]
    local = [use for use, m in moments if m.has_times and not m.has_offsets]
    if not local:
        return None
    named = {ZONES[word] for use in local for word in words_of(use.profile.header) if word in ZONES}
    source["time_zone"] = "UTC"
    return None if named else "in which zone are moments without an offset? UTC until you say so"


def _decide_moments(
    uses: list[Use],
    source: dict[str, Any],
    columns: dict[tuple[str, str], dict[str, Any]],
    questions: list[str],
    *,
    is_foreign: bool,
) -> None:
    moments = [
        (use, use.profile.moments)
        for use in uses
        if use.data_type in ("timestamp", "date") and use.profile.moments
    ]
    orders = Counter(m.order for _, m in moments if m.order)
    common = orders.most_common(1)[0][0] if orders else "d" if is_foreign else None
    for use, found in sorted(moments, key=lambda of: -len(of[1].formats)):
        if found.is_ambiguous and (not orders or len(orders) > 1):
            guess = " Read as day first." if common and not orders else ""
            questions.append(
                f"{use.raw}.{use.profile.name}: day or month first, as in "
                f"'{next(iter(sorted(use.profile.values)))}'?{guess}"
            )
            if common is None or orders:
                continue
        written = _in_order(found, common)
        if written.formats:
            _declare(use, written, source, columns)


def _in_order(found: Moments, order: str | None) -> Moments:
    if not found.is_ambiguous:
        return found
    # of two orders that read alike, day first was taken
    return found.month_first() if order == "m" else found


def _declare(
    use: Use,
    found: Moments,
    source: dict[str, Any],
    columns: dict[tuple[str, str], dict[str, Any]],
) -> None:
    declared = [*source.get("timestamp_formats", []), *source.get("date_formats", [])]
    is_own = any(
        f in WORDS or any(_conflict(f, other, use.profile.values) for other in declared)
        for f in found.formats
    )
    target = columns.setdefault((use.raw, use.profile.name), {}) if is_own else source
    if is_own and use.data_type == "timestamp":
        # those of the source are not to be tried on it
        target |= {"timestamp_formats": [], "date_formats": []}
    for f in found.formats:
        has_time = any(sign in f for sign in ("%H", "%I")) or f in WORDS
        is_moment = use.data_type == "timestamp" and has_time
        place = "timestamp_formats" if is_moment else "date_formats"
        if f not in target.setdefault(place, []):
            target[place].append(f)


def _conflict(one: str, other: str, values: Iterable[str]) -> bool:
    """True if some value looks like both formats, so that the first one to be tried would win."""
    if one == other:
        return False
    # a year of four digits is read from two as well
    return one.lower() == other.lower() or any(
        looks_like(value, one) and looks_like(value, other) for value in values
    )


def _decide_units(
    uses: list[Use],
    columns: dict[tuple[str, str], dict[str, Any]],
    questions: list[str],
) -> None:
    for use in uses:
        if use.unit != "seconds":
            continue
        said = set(words_of(use.profile.header))
        unit = next((unit for unit, words in UNITS.items() if said & words), None)
        if unit is None:
            questions.append(f"{use.raw}.{use.profile.name}: in seconds? Read so.")
        elif unit != "seconds":
            columns.setdefault((use.raw, use.profile.name), {})["duration_unit"] = unit


def _example(use: Use, signs: str) -> str:
    return next((v for v in sorted(use.profile.values) if any(s in v for s in signs)), "")
