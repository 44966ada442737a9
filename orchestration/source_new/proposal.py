"""The proposal for an export: which tables it fills and with what."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import duckdb

from orchestration.contract import Origin, RawTable
from orchestration.source_new.derived import with_derived
from orchestration.source_new.exports import ReadTable, Refused
from orchestration.source_new.guesses import (
    Guess,
    TableGuess,
    table_guesses,
    telling_words,
)
from orchestration.source_new.mapping import TableMapping
from orchestration.source_new.profile import Profile, profiles
from orchestration.source_new.references import lookups_of, with_meanings, with_references
from orchestration.source_new.vocabulary import vocabulary
from orchestration.source_new.words import Words, has_known_words, words_of_mapping

UNITED = frozenset({"activities", "costs"})
"""Contract tables that several raw tables may fill together: calls and meetings, for example."""

OPEN_TABLE = 0.9
"""Score of a table from which it needs no question."""


@dataclass(frozen=True)
class Proposal:
    """All guesses about an export. `unplaced` tables fill none of the contract's."""

    source: str
    tables: tuple[ReadTable, ...]
    profiles: Mapping[str, Mapping[str, Profile]] = field(repr=False)
    mappings: tuple[TableMapping, ...]
    lookups: frozenset[str]
    unplaced: tuple[ReadTable, ...]
    words: Words
    refused: tuple[Refused, ...]
    origins: Mapping[str, Origin] = field(default_factory=dict)
    """Where raw tables are pulled from, by their names."""

    def mappings_of(self, raw: str) -> list[TableMapping]:
        """The mappings that take rows of a raw table."""
        return [mapping for mapping in self.mappings if mapping.raw.name == raw]

    @property
    def is_foreign(self) -> bool:
        """True if many headers are in another language than English."""
        headers = [header for table in self.tables for header in table.headers.values()]
        return sum(map(vocabulary().is_foreign, headers)) > len(headers) / 3


def propose(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    tables: Sequence[ReadTable],
    refused: Iterable[Refused],
    contract: Mapping[str, RawTable],
) -> Proposal:
    """Propose what the tables of an export are."""
    looked_at = {table.name: profiles(connection, table) for table in tables}
    placed = _placed(tables, looked_at, contract)
    keys = {
        guess.table: looked_at[table.name][guess.columns[key].expression]
        for table, guess in placed
        for key in contract[guess.table].key[:1]
        if key in guess.columns and guess.table not in UNITED
    }
    names = {table.name for table, _ in placed}
    unplaced = [table for table in tables if table.name not in names]
    known_lookups = lookups_of(unplaced, looked_at)
    mappings, used = [], set()
    for table, guess in placed:
        of_table, declared = looked_at[table.name], contract[guess.table]
        columns = _with_known_words(dict(guess.columns), of_table, declared)
        columns = with_references(columns, of_table, declared, keys)
        columns = with_derived(columns, table, of_table, declared)
        columns, found = with_meanings(columns, of_table, known_lookups)
        used |= {lookup.table.name for lookup in found}
        is_sure = guess.score >= OPEN_TABLE or "its name" in guess.reason
        question = None if is_sure else f"is {table.name} the table of {guess.table}?"
        mappings.append(TableMapping(guess.table, table, columns, guess.reason, question, found))
    mappings = [_with_known_key(mapping, mappings) for mapping in mappings]
    lookups = frozenset(used)
    return Proposal(
        source=source,
        tables=tuple(tables),
        profiles=looked_at,
        mappings=tuple(_with_currency(mappings, looked_at, contract)),
        lookups=lookups,
        unplaced=tuple(table for table in unplaced if table.name not in lookups),
        words=words_of_mapping(mappings, looked_at, contract),
        refused=tuple(refused),
    )


def _placed(
    tables: Sequence[ReadTable],
    looked_at: Mapping[str, Mapping[str, Profile]],
    contract: Mapping[str, RawTable],
) -> list[tuple[ReadTable, TableGuess]]:
    """Each raw table with the contract table that it fits best; most of these take one alone."""
    names = [table.name for table in tables]
    fitting = [
        (guess.score, table, guess)
        for table in tables
        for guess in table_guesses(
            telling_words(table.name, names), looked_at[table.name], contract
        )
    ]
    fitting.sort(key=lambda found: -found[0])
    placed: dict[str, tuple[ReadTable, TableGuess]] = {}
    filled: set[str] = set()
    refused: set[str] = set()
    for _, table, guess in fitting:
        if table.name in placed or table.name in refused:
            continue
        if guess.table in filled and guess.table not in UNITED:
            refused.add(table.name)  # its second choice would be a worse guess than none
            continue
        filled.add(guess.table)
        placed[table.name] = table, guess
    return [placed[table.name] for table in tables if table.name in placed]


def _with_known_words(
    columns: dict[str, Guess], profiles: Mapping[str, Profile], contract: RawTable
) -> dict[str, Guess]:
    """Without optional columns of accepted values none of which occurs: no row would pass."""
    closed = {c.name: c for c in contract.columns if c.accepted_values and not c.is_required}
    return {
        name: guess
        for name, guess in columns.items()
        if name not in closed
        or has_known_words(contract.name, closed[name], profiles[guess.expression].values)
    }


def _with_known_key(mapping: TableMapping, mappings: Sequence[TableMapping]) -> TableMapping:
    """A key that other tables refer to is one, whatever its header says."""
    said = f"are ids of {mapping.table}"
    if not any(said in guess.reason for m in mappings for guess in m.columns.values()):
        return mapping
    columns = {
        name: replace(guess, question=None, reason=f"{guess.reason}; other tables refer to it")
        if guess.question and name in KEYS.get(mapping.table, ())
        else guess
        for name, guess in mapping.columns.items()
    }
    return replace(mapping, columns=columns)


def _with_currency(
    mappings: Iterable[TableMapping],
    looked_at: Mapping[str, Mapping[str, Profile]],
    contract: Mapping[str, RawTable],
) -> Iterable[TableMapping]:
    """A constant currency where amounts have none beside them: the only one that is named."""
    mappings = list(mappings)
    named = {
        code
        for mapping in mappings
        for guess in mapping.columns.values()
        for raw in guess.raw_columns
        for profile in [looked_at[mapping.raw.name][raw]]
        for code in (
            profile.values
            if guess.column == "currency"
            else profile.numbers.currencies
            if profile.numbers and guess.column in AMOUNTS
            else ()
        )
    }
    for mapping in mappings:
        table = contract[mapping.table]
        amounts = [name for name in AMOUNTS if name in mapping.columns]
        if "currency" not in table.column_names or "currency" in mapping.columns or not amounts:
            yield mapping
            continue
        profile = looked_at[mapping.raw.name].get(mapping.columns[amounts[0]].expression)
        own = _own_currencies(profile) if profile else ()
        if len(own) == 1:
            guess = Guess(
                "currency", f"'{own[0]}'", (), f"as '{profile.header}' says" if profile else ""
            )
        elif len(named) == 1:
            [code] = named
            question = f"are these amounts in {code}?"
            guess = Guess("currency", f"'{code}'", (), "the only one of the export", 0.5, question)
        else:
            guess = Guess("currency", "null", (), "not in the export", 0, "which currency?")
        yield replace(mapping, columns={**mapping.columns, "currency": guess})


KEYS = {"leads": ("lead_id",), "opportunities": ("opportunity_id",), "reps": ("rep_id",)}
AMOUNTS = ("amount", "mrr")


def _own_currencies(profile: Profile) -> tuple[str, ...]:
    if profile.numbers and profile.numbers.currencies:
        return profile.numbers.currencies
    codes = {"eur", "usd", "gbp", "chf", "brl", "mxn", "cad", "aud", "egp", "cop", "clp", "pen"}
    words = profile.name.split("_")
    return tuple(word.upper() for word in words if word in codes)
