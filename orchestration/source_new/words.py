"""What the words of an export mean: those that the vocabulary knows, and those that nobody does."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from orchestration.contract import PROJECT_DIR, Column, RawTable
from orchestration.source_new.mapping import TableMapping
from orchestration.source_new.profile import Profile
from orchestration.source_new.vocabulary import plain, vocabulary
from orchestration.words import word_aliases

SEEDS = {
    "lead_status_changes.to_status": ("stage_map", "status"),
    "opportunities.stage": ("stage_map", "status"),
    "leads.lead_source": ("lead_mechanisms", "lead_source"),
    "activities.activity_type": ("activities.activity_type", "activity_type"),
}
"""Seed that explains the words of a column, and its column of words."""

LISTED = 30
"""Words of a place that are asked for; a column of more is no column of words."""


@dataclass(frozen=True)
class Words:
    """By place (`stage_map`, `orders.status`): words with a guessed meaning, and open ones."""

    guessed: Mapping[str, Mapping[str, str | None]]
    """None for a word that would keep its rows out, where the column is not required."""
    unknown: Mapping[str, Mapping[str, int]]


def words_of_mapping(
    mappings: Iterable[TableMapping],
    looked_at: Mapping[str, Mapping[str, Profile]],
    contract: Mapping[str, RawTable],
) -> Words:
    """The words that the contract has rules for and the company's seeds do not explain."""
    guessed: dict[str, dict[str, str | None]] = defaultdict(dict)
    unknown: dict[str, dict[str, int]] = defaultdict(dict)
    for mapping in mappings:
        for column in contract[mapping.table].columns:
            guess = mapping.columns.get(column.name)
            place = f"{mapping.table}.{column.name}"
            if guess is None or not (column.accepted_values or place in SEEDS):
                continue
            known, meanings = _known(place, column.accepted_values, column.vocabulary)
            target = SEEDS.get(place, (place, ""))[0]
            words = _values(mapping, guess.raw_columns, looked_at)
            if len(words) > LISTED:
                continue
            for word, rows in words.items():
                if plain(word) in known or _is_constant(word):
                    continue
                if meaning := meanings.get(plain(word)):
                    guessed[target][word] = meaning
                    continue
                unknown[target][word] = unknown[target].get(word, 0) + rows
                if column.accepted_values and not column.is_required:
                    guessed[target][word] = None
    return Words(guessed, unknown)


def has_known_words(table: str, column: Column, values: Iterable[str]) -> bool:
    """True if some of the values are words that a column of accepted values can have."""
    known, meanings = _known(f"{table}.{column.name}", column.accepted_values, column.vocabulary)
    return any(plain(value) in known or plain(value) in meanings for value in values)


def _values(
    mapping: TableMapping,
    raw_columns: Iterable[str],
    looked_at: Mapping[str, Mapping[str, Profile]],
) -> dict[str, int]:
    words: dict[str, int] = {}
    for raw in raw_columns:
        joined = next((lookup for lookup in mapping.lookups if lookup.column == raw), None)
        if joined:
            words |= dict(looked_at[joined.table.name][joined.meaning].words)
        else:
            words |= dict(looked_at[mapping.raw.name][raw].words)
    return words


def _is_constant(word: str) -> bool:
    # dbt renders braces in a yml
    return "{" in word or "}" in word


def _known(
    place: str, accepted: Iterable[str], field: str | None
) -> tuple[frozenset[str], Mapping[str, str]]:
    known = {plain(value) for value in accepted}
    if field:
        known |= {plain(word) for word in word_aliases(field)}
    if place in SEEDS:
        seed, column = SEEDS[place]
        known |= _seed("activity_types" if seed.startswith("activities") else seed, column)
    if SEEDS.get(place, ("",))[0] == "stage_map":
        return frozenset(known), vocabulary().stages
    return frozenset(known), vocabulary().meanings.get(place, {})


@cache
def _seed(name: str, column: str) -> frozenset[str]:
    path = PROJECT_DIR / "seeds" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as rows:
        # words of the working status are not those of the one status that a source usually has
        return frozenset(
            plain(row[column]) for row in csv.DictReader(rows) if not row.get("status_field")
        )
