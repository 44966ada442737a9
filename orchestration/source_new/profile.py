"""What the values of a column look like."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import duckdb

from orchestration.source_new.exports import ReadTable
from orchestration.source_new.formats import Moments, Numbers, moments_of, numbers_of
from orchestration.source_new.vocabulary import Readings, vocabulary
from orchestration.sql import identifier, literal
from orchestration.words import boolean, normalised_email, null_words

LOOKED_AT = 1_000
"""Distinct values of a column that are looked at, the most frequent first."""

FEW_WORDS = 40
"""A column of words (statuses, types) has no more of them."""

LONG_TEXT = 60
"""Characters of a value that is a sentence rather than a word."""


@dataclass(frozen=True)
class Profile:
    """One column: how many values it has, and what they are. Shares are of the distinct values."""

    name: str
    header: str
    position: int
    rows: int
    filled: int
    distinct: int
    words: tuple[tuple[str, int], ...] = field(repr=False)
    """Its values with the rows that have each, the most frequent first."""
    readings: Readings
    moments: Moments | None
    numbers: Numbers | None
    email_share: float
    is_boolean: bool

    @property
    def is_unique(self) -> bool:
        """True if nearly all of its values differ; a few may be later versions of a row."""
        return self.filled > 0 and self.distinct >= 0.9 * self.filled

    @property
    def is_key(self) -> bool:
        """True if it has a value in nearly every row, and nearly all differ."""
        return self.is_unique and self.filled >= 0.9 * self.rows

    @cached_property
    def values(self) -> frozenset[str]:
        """Its values, as far as they were looked at."""
        return frozenset(text for text, _ in self.words)

    @cached_property
    def mean_length(self) -> float:
        """Characters of its values, on average."""
        return sum(map(len, self.values)) / max(len(self.values), 1)

    @property
    def is_words(self) -> bool:
        """True if it has few short values that come again."""
        return (
            0 < self.distinct <= FEW_WORDS
            and self.mean_length < LONG_TEXT
            and (self.distinct <= 0.6 * self.filled or self.distinct <= 6)
        )

    @property
    def has_blanks(self) -> bool:
        """True if most of its values consist of several words, as names do."""
        return sum(" " in value for value in self.values) > len(self.values) / 2

    @property
    def are_plain_integers(self) -> bool:
        """True if its values are whole numbers without marks, which any table may have."""
        return all(re.fullmatch(r"\d{1,6}", value) for value in self.values)


def profiles(connection: duckdb.DuckDBPyConnection, table: ReadTable) -> dict[str, Profile]:
    """The columns of a table by name."""
    relation = identifier(table.relation)
    [(rows, *filled)] = connection.execute(
        f"select count(*), {', '.join(f'count({identifier(c)})' for c in table.columns)} "
        f"from {relation}"
    ).fetchall()
    return {
        column: _profile(connection, table, column, position, rows, is_empty=not filled[position])
        for position, column in enumerate(table.columns)
    }


def _profile(
    connection: duckdb.DuckDBPyConnection,
    table: ReadTable,
    column: str,
    position: int,
    rows: int,
    *,
    is_empty: bool,
) -> Profile:
    counted = [] if is_empty else _counted(connection, table.relation, column)
    distinct, filled = counted[0][2:] if counted else (0, 0)
    values = [word for word, *_ in counted]
    readings = vocabulary().readings(table.headers[column])
    is_named_so = any(reading & {"date", "created", "updated"} for reading in readings)
    emails = _read(connection, normalised_email("v"), [v for v in values if "@" in v])
    return Profile(
        name=column,
        header=table.headers[column],
        position=position,
        rows=rows,
        filled=int(filled),
        distinct=distinct,
        words=tuple((word, count) for word, count, *_ in counted),
        readings=readings,
        moments=moments_of(connection, values, is_named_so=is_named_so) if values else None,
        numbers=numbers_of(values) if values else None,
        email_share=emails / len(values) if values else 0,
        is_boolean=distinct in (1, 2) and _read(connection, boolean("v"), values) == distinct,
    )


def _counted(
    connection: duckdb.DuckDBPyConnection, relation: str, column: str
) -> list[tuple[str, int, int, int]]:
    """Values with their rows, the number of distinct values, and that of rows with a value."""
    value = f"trim({identifier(column)})"
    no_value = ", ".join(literal(word) for word in sorted(null_words()))
    return connection.execute(
        f"""
        with words as (
            select {value} as word, count(*) as row_count
            from {identifier(relation)}
            where {value} <> '' and lower({value}) not in ({no_value})
            group by 1
        )
        select word, row_count, count(*) over (), sum(row_count) over ()
        from words
        order by row_count desc, word
        limit {LOOKED_AT}
        """
    ).fetchall()


def _read(connection: duckdb.DuckDBPyConnection, reading: str, values: Sequence[str]) -> int:
    """How many of the values can be read so."""
    if not values:
        return 0
    [(count,)] = connection.execute(
        f"select count({reading}) from (select unnest(?) as v)", [list(values)]
    ).fetchall()
    return int(count)


def overlap(profile: Profile, key: Profile) -> float:
    """The share of a column's distinct values that are values of a key."""
    return len(profile.values & key.values) / len(profile.values) if profile.values else 0
