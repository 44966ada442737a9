"""The values of a column that are known: those that a seed lists, or else those of the contract."""

import csv
from collections.abc import Sequence

from orchestration.audit.thresholds import EVERY, Threshold
from orchestration.contract import PROJECT_DIR, RawTable
from orchestration.sql import identifier, literal


def known_values(table: RawTable, thresholds: Sequence[Threshold]) -> dict[str, frozenset[str]]:
    """The known values of each column that a threshold wants known values in."""
    listed = {
        column: _listed(table, column, threshold)
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
    return f"({text} <> '' and lower(trim(replace({text}, '_', ' '))) not in ({listed}))"


def _listed(table: RawTable, column: str, threshold: Threshold) -> frozenset[str]:
    """The values that the threshold's reference lists (`seeds/file.csv:column`)."""
    if threshold.reference is None:
        declared = next(c for c in table.columns if c.name == column)
        return frozenset(_word(value) for value in declared.accepted_values)
    file, name = threshold.reference.split(":")
    with (PROJECT_DIR / file).open(encoding="utf-8", newline="") as rows:
        return frozenset(_word(row[name]) for row in csv.DictReader(rows))


def _word(value: str) -> str:
    return value.replace("_", " ").strip().lower()
