"""Landed CSV files read and judged by the contract, without the warehouse."""

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from orchestration.contract import RawTable, contract_tables

Row = dict[str, Any]

VERSION_COLUMNS = {"leads": "updated_at", "opportunities": "updated_at"}
TEN_YEARS = timedelta(days=3653)
IMPOSSIBLE: dict[str, Callable[[Row], bool]] = {
    "opportunities": lambda row: (
        row["closed_at"] is not None and row["created_at"] - row["closed_at"] > TEN_YEARS
    ),
    "subscriptions": lambda row: (
        row["ended_at"] is not None and row["ended_at"] < row["started_at"]
    ),
    "targets": lambda row: row["period_end"] < row["period_start"],
    "web_traffic": lambda row: row["bounces"] > row["sessions"],
}
"""Rows whose values contradict each other, by table."""


@dataclass(frozen=True)
class LandedTable:
    """The rows of a table that pass, and how many do not."""

    staged: list[Row]
    superseded: list[Row]
    quarantined: int

    @property
    def versions(self) -> list[Row]:
        """All rows that pass; `_is_staged` marks the version in force."""
        return self.staged + self.superseded


def read_landed(landing: Path, table_name: str, pin: datetime | None = None) -> LandedTable:
    """One table of a landing folder that was loaded in one go, as of `pin` or of what landed last.

    Each row has its contract columns, `_file`, `_row` (from 1) and `_is_staged`.
    """
    table = contract_tables()[table_name]
    records: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    quarantined = 0
    is_impossible = IMPOSSIBLE.get(table_name)
    for path in sorted((landing / table_name).rglob("*.csv")):
        for number, texts in enumerate(_records(path), start=1):
            row = _judged(table, texts)
            if row is None or (is_impossible and is_impossible(row)):
                quarantined += 1
                continue
            row |= {"_file": str(path.relative_to(landing)), "_row": number}
            records[(row["source_system"], *(row[name] for name in table.key))].append(row)
    staged, superseded = [], []
    version = VERSION_COLUMNS.get(table_name)
    for rows in records.values():
        rows.sort(key=lambda row: _recency(row, version, pin), reverse=True)
        staged.append(rows[0] | {"_is_staged": True})
        for newer, row in pairwise(rows):
            said_twice = newer["_file"] == row["_file"] and (
                version is None or newer[version] == row[version]
            )
            if said_twice:
                quarantined += 1
            else:
                superseded.append(row | {"_is_staged": False})
    return LandedTable(staged, superseded, quarantined)


def _records(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _recency(row: Row, version: str | None, pin: datetime | None) -> tuple[Any, ...]:
    versioned_at = row[version] if version else None
    return (
        pin is None or versioned_at is None or versioned_at <= pin,
        versioned_at is not None,
        versioned_at or datetime.min,
        row["_file"],
        row["_row"],
    )


MUST_READ = {"is_test", "is_deleted", "merged_at"}
"""Optional columns whose text may not be unreadable: they say whether a row counts."""


def _judged(table: RawTable, texts: dict[str, str]) -> Row | None:
    """The typed row; None where it cannot pass."""
    row: Row = {}
    for column in table.columns:
        text = (texts.get(column.name) or "").strip(" ")
        value = _parsed(text, column.data_type) if text else None
        if column.accepted_values and text:
            value = text.lower()
            if value not in column.accepted_values:
                return None
        if (column.is_required or (text and column.name in MUST_READ)) and value is None:
            return None
        row[column.name] = value
    row["source_system"] = row["source_system"] or table.source
    return row


def _parsed(text: str, data_type: str) -> Any:
    try:
        return _PARSERS[data_type.split("(", maxsplit=1)[0]](text)
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    is_possible = datetime(1970, 1, 2) <= moment <= datetime.now(UTC).replace(tzinfo=None)
    return moment if is_possible else None


def _number(text: str) -> float:
    if not re.fullmatch(r"[-+]?[0-9]+([.][0-9]+)?", text):
        raise ValueError(text)
    return float(text)


def _integer(text: str) -> int:
    number = _number(text)
    if number != int(number):
        raise ValueError(text)
    return int(number)


def _boolean(text: str) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if text.lower() not in words:
        raise ValueError(text)
    return words[text.lower()]


_PARSERS: dict[str, Callable[[str], Any]] = {
    "string": str,
    "timestamp": _moment,
    "date": date.fromisoformat,
    "double": _number,
    "decimal": _number,
    "bigint": _integer,
    "boolean": _boolean,
}
