"""Words of the source that no rule explains: statuses, activity types, origins, currencies ..."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import duckdb

from orchestration.contract import PROJECT_DIR, RawTable, source_words
from orchestration.settings import project_vars
from orchestration.source_check.findings import Level, UnknownWords, Word
from orchestration.source_check.landed import Landed, records
from orchestration.sql import file_literal, identifier, literal
from orchestration.words import canonical_word, normalised_word, word_aliases

OTHERS = "*"
"""In the words of a source: every word that is not listed."""

LIFECYCLE, WORKING = (
    f"(select * from intermediate.int_stage_map where status_field = '{field}')"
    for field in ("lifecycle", "working")
)
"""What the words of either status mean."""

LISTED = 20
"""Words of a column that are listed; the others are counted."""


@dataclass(frozen=True)
class Rule:
    """What explains the words of a column; `is_unknown` is SQL over `records` and its `word`."""

    column: str
    is_unknown: str
    effect: str
    fix: str
    level: Level = Level.warning


def unknown_words(landed: Landed, table: RawTable) -> Iterator[UnknownWords]:
    """Unknown words of a contract table, by column."""
    for rule in _rules(landed, table):
        found = landed.rows(
            f"""
            select word, count(*), sum(count(*)) over (), count(*) over ()
            from (select *, {identifier(rule.column)} as word from {records(table.name)}) as records
            where word is not null and {rule.is_unknown}
            group by 1
            order by 2 desc, 1
            limit {LISTED}
            """
        )
        if found:
            _, _, rows, word_count = found[0]
            words = tuple(Word(word, count) for word, count, _, _ in found if landed.with_values)
            yield UnknownWords(
                table.name,
                rule.column,
                int(rows),
                word_count,
                words,
                rule.level,
                rule.effect,
                rule.fix,
            )


def _rules(landed: Landed, table: RawTable) -> Iterator[Rule]:
    declared = source_words(landed.source)
    yml = f"models/staging/{landed.source}/_{landed.source}__sources.yml"
    of_seed = [rule(yml) for rule in SEEDS.get(table.name, ())]
    yield from of_seed
    for column in table.columns:
        place = f"{table.name}.{column.name}"
        own = declared.get(place, {})
        if column.accepted_values:
            yield Rule(
                column.name,
                f"word not in ({_listed(column.accepted_values)})",
                "its rows are quarantined",
                f"Give it one of {', '.join(column.accepted_values)} under words: {place} in {yml}",
            )
        elif own and OTHERS not in own and column.name not in {rule.column for rule in of_seed}:
            meanings = [
                _as_stored(meaning, column.vocabulary)
                for meaning in own.values()
                if meaning is not None
            ]
            yield Rule(
                column.name,
                f"word not in ({_listed(meanings)})" if meanings else "true",
                "it stays as it is, beside the words that are translated",
                f"Add it under words: {place} in {yml}",
            )
    if "currency" in table.column_names:
        yield _rated()


def _as_stored(meaning: str, vocabulary: str | None) -> str:
    """A meaning as the models write it: by the aliases of its vocabulary."""
    if vocabulary is None:
        return meaning
    [(word, canonical)] = duckdb.sql(
        f"select {normalised_word(literal(meaning))}, {canonical_word(literal(meaning))}"
    ).fetchall()
    return word_aliases(vocabulary).get(word, str(canonical))


def _lifecycle(yml: str) -> Rule:
    return Rule(
        "to_status",
        f"{_is_status_of('lifecycle')} and {_is_missing(LIFECYCLE, 'status', 'changed_at')}",
        "it moves no lead to a stage",
        f"Give it a stage under words: stage_map in {yml}",
    )


def _working(yml: str) -> Rule:
    return Rule(
        "to_status",
        f"{_is_status_of('working')} and {_is_missing(WORKING, 'status', 'changed_at')}",
        "whether this working status is evidence of a stage is not known",
        f"Give it a stage, or none, under words: stage_map.working in {yml}",
    )


def _is_status_of(field: str) -> str:
    return f"_outcome = 'staged' and coalesce(status_field, 'lifecycle') = {literal(field)}"


def _typed(yml: str) -> Rule:
    types = f"read_csv({file_literal(PROJECT_DIR / 'seeds' / 'activity_types.csv')})"
    return Rule(
        "activity_type",
        f"_outcome = 'staged' and word not in (select activity_type from {types})",
        "it is no contact, earns no points and makes no MQL",
        f"Translate it under words: activities.activity_type in {yml}, or add a row to "
        "seeds/activity_types.csv",
    )


def _of_known_origin(yml: str) -> Rule:
    words = "intermediate.int_lead_mechanisms"
    return Rule(
        "lead_source",
        f"_outcome = 'staged' and {_is_missing(words, 'lead_source', 'created_at')}",
        "how these leads came is not known",
        f"Explain it under words: lead_mechanisms in {yml}",
    )


SEEDS: dict[str, tuple[Callable[[str], Rule], ...]] = {
    "lead_status_changes": (_lifecycle, _working),
    "activities": (_typed,),
    "leads": (_of_known_origin,),
}
"""Rules that rest on a seed of the company and the words of the source, by contract table."""


def _rated() -> Rule:
    rates = f"read_csv({file_literal(PROJECT_DIR / 'seeds' / 'fx_rates.csv')})"
    reporting = literal(str(project_vars().get("reporting_currency", "")))
    return Rule(
        "currency",
        f"_outcome = 'staged' and word != {reporting} "
        f"and word not in (select currency from {rates})",
        "a build stops where an amount has no exchange rate",
        "Add its rates to seeds/fx_rates.csv",
        Level.error,
    )


def _is_missing(words: str, column: str, moment: str) -> str:
    """SQL that is true where no row of `words` explains the word for its system at its moment.

    A row without a word explains all others.
    """
    holds = f"""
        coalesce(words.source_system, records.source_system) = records.source_system
        and records.{moment} >= words.valid_from
        and records.{moment} < coalesce(words.valid_to, timestamp '9999-12-31')
    """
    # apart, the first is a hash join
    return f"""
        not exists (
            select 1 from {words} as words
            where words.{column} = {normalised_word("word")} and {holds}
        )
        and not exists (
            select 1 from {words} as words where words.{column} is null and {holds}
        )
    """


def _listed(values: Sequence[str]) -> str:
    return ", ".join(literal(value) for value in values)
