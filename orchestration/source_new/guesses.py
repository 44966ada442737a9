"""Guesses which column of a raw table is which of a contract table, by names and values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestration.contract import Column, RawTable
from orchestration.source_new.profile import LONG_TEXT, Profile
from orchestration.source_new.vocabulary import Concepts, vocabulary, words_of

LEAST = 0.5
"""Score (0 to 1) below which nothing is proposed."""

SURE = 0.75
"""Score from which a guess needs no question."""

MARGIN = 0.08
"""A second column that is less behind than this makes the first one a question."""

DERIVED = {
    "lead_status_changes": {"event_id"},
    "lead_merges": {"event_id"},
    "activities": {"activity_id", "activity_type"},
    "opportunities": {"stage"},
    "bant_assessments": {"assessment_id"},
    "orders": {"currency", "status", "customer_id"},
    "subscriptions": {"currency"},
    "reps": {"valid_from"},
    "campaigns": {"channel"},
    "costs": {"cost_id", "cost_type", "currency"},
    "targets": {"version"},
}
"""Required columns of a contract table that a mapping can do without a column of the export for."""

NOUNS = {
    "leads": {"lead", "mql"},
    "lead_status_changes": {"lead"},
    "activities": {"activity", "call", "meeting"},
    "opportunities": {"opportunity"},
    "orders": {"order"},
    "subscriptions": {"subscription"},
    "accounts": {"account"},
    "reps": {"rep"},
    "campaigns": {"campaign"},
    "costs": {"cost", "marketing"},
    "web_traffic": {"traffic"},
    "targets": {"target"},
}
"""Concepts that say no more in a header of a table than its name does."""

NAMED_BY = frozenset({"owner_rep_id", "rep_id", "changed_by_rep_id", "campaign_id", "visitor_id"})
"""References that exports often write as the name of what they refer to."""

PARTLY = {(0, 0): 0.9, (1, 0): 0.65, (2, 0): 0.5, (0, 1): 0.6, (0, 2): 0.45}
"""Likeness of a header that says a phrase with so many concepts more, and so many less."""

SAME_WORD = 0.1
"""What a file's name adds that has the very word of the contract."""

NO_NAMES = frozenset({"data", "dataset", "export", "table", "all", "list", "report", "tbl", "csv"})
"""Words in the names of files that say nothing about them."""

TABLE_NAMED = 0.6
"""Weight of a file's name among the evidence for a table."""

MISSING = 0.4
"""What each required column that is not found takes from it."""

FEWEST_COLUMNS = 4
"""A file of fewer columns is judged as if it had so many: one column alone says little."""

LEAST_FOR_TABLE = 0.6


@dataclass(frozen=True)
class Guess:
    """A column of the contract, and the expression over raw columns that gives it.

    `question` is what the program does not know about it, None where it is certain enough.
    """

    column: str
    expression: str
    raw_columns: tuple[str, ...]
    reason: str
    score: float = 1
    question: str | None = None


@dataclass(frozen=True)
class TableGuess:
    """A contract table that a raw table may fill, with the columns that fit."""

    table: str
    score: float
    columns: Mapping[str, Guess]
    reason: str


def telling_words(name: str, names: Sequence[str]) -> str:
    """The words in the name of a table that its neighbours do not have, and that say something."""
    shared = (
        set.intersection(*(set(words_of(other)) for other in names)) if len(names) > 1 else set()
    )
    return " ".join(w for w in words_of(name) if w not in shared | NO_NAMES) or name


def table_guesses(
    name: str, profiles: Mapping[str, Profile], contract: Mapping[str, RawTable]
) -> list[TableGuess]:
    """The contract tables that a raw table could fill, the likeliest first."""
    found = [_table_guess(name, profiles, table) for table in contract.values()]
    fitting = [guess for guess in found if guess and guess.score >= LEAST_FOR_TABLE]
    return sorted(fitting, key=lambda guess: -guess.score)


def _table_guess(name: str, profiles: Mapping[str, Profile], table: RawTable) -> TableGuess | None:
    if table.name not in vocabulary().tables:
        return None
    phrases = vocabulary().tables[table.name]
    named = max((likeness(r, p) for r in vocabulary().readings(name) for p in phrases), default=0)
    is_same_word = {*words_of(table.name)} <= {*words_of(name), *words_of(f"{name}s")}
    columns = column_guesses(profiles, table)
    derived = DERIVED.get(table.name, set())
    missing = [
        name for name in table.required_columns if name not in columns and name not in derived
    ]
    filled = sum(profile.filled > 0 for profile in profiles.values())
    weight = sum(
        guess.score * (0.3 if name in ("currency", "is_deleted") else 1)
        for name, guess in columns.items()
    )
    score = (
        weight / max(filled, FEWEST_COLUMNS)
        + (TABLE_NAMED * named if named >= 0.6 else 0)
        + SAME_WORD * is_same_word
        - MISSING * len(missing)
    )
    reason = f"{len(columns)} of {len(profiles)} columns fit"
    return TableGuess(
        table.name, score, columns, f"its name, and {reason}" if named >= SURE else reason
    )


def column_guesses(profiles: Mapping[str, Profile], table: RawTable) -> dict[str, Guess]:
    """The best columns for those of a contract table, each raw column once."""
    scored = [
        (score, column, profile)
        for column in table.columns
        for profile in profiles.values()
        if (score := _score(profile, column, table)) >= LEAST
    ]
    # of two columns that fit alike, the one that stands first
    scored.sort(key=lambda found: (-found[0], found[2].position))
    guesses: dict[str, Guess] = {}
    taken: set[str] = set()
    for score, column, profile in scored:
        if column.name in guesses or profile.name in taken:
            continue
        taken.add(profile.name)
        rivals = [
            other.header
            for rival, rival_column, other in scored
            if rival_column is column and other is not profile and rival > score - MARGIN
        ]
        free = [header for header in rivals if _is_free(header, guesses, profiles)]
        guesses[column.name] = Guess(
            column=column.name,
            expression=profile.name,
            raw_columns=(profile.name,),
            reason=reason_of(profile, column),
            score=score,
            question=_question(profile, column, score, free),
        )
    return guesses


def _is_free(header: str, guesses: Mapping[str, Guess], profiles: Mapping[str, Profile]) -> bool:
    return all(profiles[guess.expression].header != header for guess in guesses.values())


def _question(profile: Profile, column: Column, score: float, rivals: Sequence[str]) -> str | None:
    if rivals:
        return f"'{profile.header}', or '{rivals[0]}'?"
    if score < SURE:
        return f"is '{profile.header}' {column.name}?"
    return None


def _score(profile: Profile, column: Column, table: RawTable) -> float:
    fit = value_fit(profile, column, table)
    if not fit:
        return 0
    phrases = vocabulary().phrases(table.name, column.name)
    nouns = frozenset(NOUNS.get(table.name, set()))
    is_moment = column.data_type in ("timestamp", "date")
    return fit * max(
        (
            likeness(reading, phrase, nouns, is_moment=is_moment) - 0.005 * number
            for reading in profile.readings
            for number, phrase in enumerate(phrases)
        ),
        default=0,
    )


def likeness(
    header: Concepts, phrase: Concepts, nouns: Concepts = frozenset(), *, is_moment: bool = False
) -> float:
    """How well a header says a phrase (0 to 1), where `nouns` go without saying."""
    if header == phrase:
        return 1
    said = (header - {"date"} or header) if is_moment else header
    meant = (phrase - {"date"} or phrase) if is_moment else phrase
    if said == meant:
        return 0.95
    if not said & meant:
        return 0
    return PARTLY.get((len(said - meant - nouns), len(meant - said - nouns)), 0.3)


def value_fit(profile: Profile, column: Column, table: RawTable) -> float:
    """How well the values suit a column of the contract (0 = not at all, 1)."""
    is_moment = column.data_type in ("timestamp", "date")
    if not profile.filled:
        return 0 if _says_moment(profile) and not is_moment else 0.9
    if is_moment:
        return _by_share(profile.moments.read_share) if profile.moments else 0
    if column.data_type == "boolean":
        return 1 if profile.is_boolean else 0
    if column.data_type != "string":
        is_number = profile.numbers and not (profile.moments and profile.moments.formats)
        return _by_share(profile.numbers.read_share) if profile.numbers and is_number else 0
    return _text_fit(profile, column, table)


def _id_fit(profile: Profile, column: Column, table: RawTable) -> float:
    if is_key_of(column, table):
        return _key_fit(profile)
    if profile.email_share > 0.5 or profile.mean_length > LONG_TEXT:
        return 0.4
    # a name of a person or a deal is no id; that of a rep or a campaign may be
    return 0.7 if profile.has_blanks and column.name not in NAMED_BY else 1


def _text_fit(profile: Profile, column: Column, table: RawTable) -> float:
    if profile.moments and profile.moments.read_share > 0.9 and not profile.are_plain_integers:
        return 0
    if column.name.endswith("_id"):
        return _id_fit(profile, column, table)
    if column.pii == "email":
        return 1 if profile.email_share > 0.5 else 0
    if is_of_words(column):
        return 1 if profile.is_words else 0.3 if profile.distinct > 6 else 0.7
    if profile.email_share > 0.5:
        return 0
    return 0.2 if column.pii == "personal" and column.name != "phone" and profile.numbers else 1


def _says_moment(profile: Profile) -> bool:
    return any("date" in reading for reading in profile.readings)


def _by_share(share: float) -> float:
    return 1 if share > 0.9 else 0.8


def is_key_of(column: Column, table: RawTable) -> bool:
    """True if it tells the records of its table apart."""
    return (
        column.name == table.key[0] and column.name.endswith("_id") and table.name != "lead_grades"
    )


def _key_fit(profile: Profile) -> float:
    if profile.numbers and not profile.numbers.are_whole:
        return 0
    if profile.email_share > 0.5 or profile.mean_length > LONG_TEXT:
        return 0.3
    return 1 if profile.is_key else 0.85 if profile.distinct > 0.5 * profile.filled else 0.3


def is_of_words(column: Column) -> bool:
    """True if a column of the contract has a few words that come again."""
    return bool(column.accepted_values) or column.name in (
        *("status", "to_status", "from_status", "stage", "activity_type", "channel", "currency"),
        *("lead_source", "country", "cost_type"),
    )


def reason_of(profile: Profile, column: Column) -> str:
    """Why a column is taken for one of the contract's, in a few words."""
    return "; ".join([f"header '{profile.header}'", *_evidence(profile, column)])


def _evidence(profile: Profile, column: Column) -> Iterator[str]:
    if not profile.filled:
        yield "no values"
    elif profile.moments and column.data_type in ("timestamp", "date"):
        moments = profile.moments
        yield f"{_percent(moments.read_share)} read as {' or '.join(moments.formats) or 'ISO 8601'}"
    elif profile.numbers and column.data_type not in ("string", "boolean"):
        yield f"{_percent(profile.numbers.read_share)} are numbers"
    elif profile.email_share > 0.5:
        yield f"{_percent(profile.email_share)} are addresses"
    elif column.data_type == "boolean":
        yield "two values"
    elif column.name.endswith("_id") and profile.is_key:
        yield "its values differ"
    elif is_of_words(column):
        yield f"{profile.distinct} word(s)"


def _percent(share: float) -> str:
    return f"{int(share * 100)} %"
