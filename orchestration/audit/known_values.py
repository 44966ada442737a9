"""The values of a column that are known: of a seed or the contract, and the source's own words."""

import csv
from collections.abc import Sequence
from pathlib import Path

import duckdb

from orchestration.audit.thresholds import EVERY, Threshold
from orchestration.contract import PROJECT_DIR, RawTable, source_words
from orchestration.sql import identifier, literal
from orchestration.words import normalised_word, word_aliases

OTHERS = "*"
"""In the words of a source: every word that is not listed."""


def known_values(
    table: RawTable, thresholds: Sequence[Threshold], project_dir: Path = PROJECT_DIR
) -> dict[str, frozenset[str]]:
    """The known values of each column that a threshold wants known values in.

    A column is left out where nothing lists its values, or where its source has a meaning for all.
    """
    listed = {
        column: _listed(table, column, threshold, project_dir)
        for threshold in thresholds
        if threshold.expectation == "unknown_share"
        for column in enumerated_columns(table, threshold)
    }
    return {column: values for column, values in listed.items() if values}


def enumerated_columns(table: RawTable, threshold: Threshold) -> list[str]:
    """The columns that a threshold wants known values in; `*`: those that the contract lists."""
    if threshold.column == EVERY:
        return [column.name for column in table.columns if column.accepted_values]
    return [str(threshold.column)]


def is_unknown(column: str, known: frozenset[str]) -> str:
    """SQL that is true for a row whose value is none of the known ones."""
    text = identifier(column)
    listed = ", ".join(literal(value) for value in sorted(known))
    # most values stand as they are listed, which is cheap to see
    usual = ", ".join(literal(value.replace(" ", "_")) for value in sorted(known))
    return f"({text} not in ('', {usual}) and {normalised_word(text)} not in ({listed}))"


def _listed(
    table: RawTable, column: str, threshold: Threshold, project_dir: Path
) -> frozenset[str]:
    """The values of the threshold's reference (`seeds/file.csv:column`), aliases, own words."""
    declared = source_words(table.source, project_dir)
    own = [*declared.get(f"{table.name}.{column}", ())]
    for declaration in table.columns:
        if declaration.name == column and declaration.vocabulary:
            own += word_aliases(declaration.vocabulary, project_dir)
    if threshold.reference is None:
        values = next(c for c in table.columns if c.name == column).accepted_values
    else:
        file, _, name = threshold.reference.partition(":")
        stem = Path(file).stem
        for place, words in declared.items():
            own += words if place == stem or place.startswith(f"{stem}.") else ()
        with (project_dir / file).open(encoding="utf-8", newline="") as rows:
            values = tuple(row[name] for row in csv.DictReader(rows))
    if OTHERS in own:
        return frozenset()
    return _normalised([*values, *own])


def _normalised(words: Sequence[str]) -> frozenset[str]:
    query = f"select distinct {normalised_word('word')} from unnest(?) as words (word)"
    with duckdb.connect() as connection:
        return frozenset(word for (word,) in connection.execute(query, [words]).fetchall())
