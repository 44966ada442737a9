"""Conventions of other loaders: what they write beside the data, from loaders.yml."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

CONVENTIONS = Path(__file__).with_suffix(".yml")

TYPES = MappingProxyType(
    {
        "row_id": "string",
        "loaded_at": "timestamp",
        "deleted": "string",
        "valid_from": "timestamp",
        "valid_to": "timestamp",
        "is_current": "boolean",
        "bookkeeping": "string",
    }
)
"""Type of a column by what it says."""


@dataclass(frozen=True)
class Envelope:
    """Where a record lies in a line that a loader wrote: under the key `record`.

    `beside` are keys beside it that land in another column. Only lines with one of the values
    `where` are records. The key `stream` names their table; null where a file has one.
    """

    record: str
    beside: tuple[tuple[str, str], ...] = ()
    where: tuple[tuple[str, str], ...] = ()
    stream: str | None = None

    @property
    def keys(self) -> set[str]:
        """The keys by which a file shows it."""
        return {self.record, *(key for key, _ in self.where), *filter(None, [self.stream])}


def loaders() -> list[str]:
    """Names of the loaders that are known."""
    return [*_conventions()]


def columns_of(loader: str) -> dict[str, str]:
    """The columns that a loader adds, and what each says."""
    columns: dict[str, str] = _conventions()[loader].get("columns", {})
    return columns


@cache
def known_columns() -> frozenset[str]:
    """The columns that any loader adds: no data, and not personal."""
    return frozenset(column for loader in loaders() for column in columns_of(loader))


def landed_name(column: str) -> str:
    """The column as it lands: under another name where the load uses this one itself."""
    for loader in _conventions().values():
        for start, other in loader.get("lands_as", {}).items():
            if column.startswith(start) and other + column.removeprefix(start) in known_columns():
                return str(other + column.removeprefix(start))
    return column


@cache
def envelopes() -> tuple[Envelope, ...]:
    """The envelopes of all loaders; the one that shows most keys first."""
    found = [
        Envelope(
            loader["record"],
            tuple(loader.get("beside", {}).items()),
            tuple(loader.get("where", {}).items()),
            loader.get("stream"),
        )
        for loader in _conventions().values()
        if "record" in loader
    ]
    return tuple(sorted(found, key=lambda envelope: -len(envelope.keys)))


def is_left(name: str) -> bool:
    """True for the name of a file or folder in which a loader keeps no data."""
    return any(
        fnmatchcase(name, pattern)
        for loader in _conventions().values()
        for pattern in loader.get("leaves", ())
    )


@cache
def _conventions() -> dict[str, dict[str, Any]]:
    read: dict[str, dict[str, Any]] = yaml.load(
        CONVENTIONS.read_text(encoding="utf-8"), yaml.CSafeLoader
    )
    return read
