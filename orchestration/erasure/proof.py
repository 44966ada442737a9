"""The proof: nothing in a folder holds a text any more, in no byte and in no row.

A database file compresses its texts, so the bytes alone prove too little, and rows alone say
nothing of free blocks and logs. Both are searched.
"""

import re
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.sql import file_literal, identifier, literal

DATABASES = (".duckdb", ".parquet")
"""Endings of files that hold tables."""

_BLOCK_BYTES = 1 << 22
_SHORTEST_IN_BYTES = 6
"""A shorter text stands in any large file by chance."""


@dataclass(frozen=True)
class Finding:
    """A place that still holds one of the texts; which one is not said."""

    path: Path
    place: str
    count: int

    def __str__(self) -> str:
        return f"{self.path}: {self.place} ({self.count:,})"


def search(folder: Path, texts: Collection[str]) -> list[Finding]:
    """Every place under a folder that holds one of the texts; links are not followed.

    A row counts where it has the text as a whole word, in upper or lower case. Bytes count where
    no row of the same file explains them by a longer word.
    """
    wanted = sorted(text for text in texts if text)
    if not wanted:
        return []
    return [
        finding
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
        for finding in (*_in_name(path, folder, wanted), *search_file(path, wanted))
    ]


def search_file(path: Path, texts: Collection[str]) -> list[Finding]:
    """Every place of a file that holds one of the texts."""
    findings: list[Finding] = []
    in_bytes = _in_bytes(path, texts)
    if path.suffix in DATABASES:
        findings = _in_rows(path, texts)
        in_bytes -= _within_longer_words(path, in_bytes)
    if in_bytes:
        findings.append(Finding(path, "bytes of the file", len(in_bytes)))
    return findings


def _in_name(path: Path, folder: Path, texts: Collection[str]) -> list[Finding]:
    name = str(path.relative_to(folder)).lower()
    if not any(text.lower() in name for text in texts if len(text) >= _SHORTEST_IN_BYTES):
        return []
    return [Finding(folder, "name of a file", 1)]


def _in_bytes(path: Path, texts: Collection[str]) -> set[str]:
    wanted = {text: text.encode() for text in texts if len(text) >= _SHORTEST_IN_BYTES}
    overlap = max(map(len, wanted.values()), default=1) - 1
    found: set[str] = set()
    tail = b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            window = tail + block
            found |= {text for text, encoded in wanted.items() if encoded in window}
            tail = window[-overlap:] if overlap else b""
    return found


def _in_rows(path: Path, texts: Collection[str]) -> list[Finding]:
    word = _whole_word(texts)
    findings: list[Finding] = []
    with duckdb.connect() as connection:
        for relation, columns in text_columns(connection, path).items():
            counts = ", ".join(
                f"count(*) filter (where regexp_matches({value}, {word}))" for _, value in columns
            )
            found = connection.execute(f"select {counts} from {relation}").fetchall()[0]
            findings += [
                Finding(path, place, count)
                for (place, _), count in zip(columns, found, strict=True)
                if count
            ]
    return findings


def _within_longer_words(path: Path, texts: Collection[str]) -> set[str]:
    """Those texts that only stand within longer words of the rows, as L1 does in L10."""
    if not texts:
        return set()
    with duckdb.connect() as connection:
        return {
            text
            for relation, columns in text_columns(connection, path).items()
            for _, value in columns
            for text in texts
            if connection.execute(
                f"select 1 from {relation} where contains({value}, {literal(text)}) "
                f"and not regexp_matches({value}, {_whole_word([text])}) limit 1"
            ).fetchall()
        }


def _whole_word(texts: Collection[str]) -> str:
    alternatives = "|".join(map(re.escape, texts))
    return literal(f"(?i)(^|[^0-9a-z])({alternatives})($|[^0-9a-z])")


def text_columns(
    connection: duckdb.DuckDBPyConnection, path: Path
) -> dict[str, list[tuple[str, str]]]:
    """Name and SQL of the columns of text in a database or Parquet file, by relation."""
    if path.suffix == ".parquet":
        relation = f"read_parquet({file_literal(path)})"
        described = connection.execute(f"describe from {relation}").fetchall()
        columns = [("", "", name, data_type) for name, data_type, *_ in described]
    else:
        connection.execute(f"attach {literal(str(path))} as searched (read_only)")
        columns = connection.execute(
            """
            select schema_name, table_name, column_name, data_type
            from duckdb_columns()
            inner join duckdb_tables() using (database_name, schema_name, table_name)
            where database_name = 'searched'
            order by all
            """
        ).fetchall()
    texts: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for schema, table, name, data_type in columns:
        if "VARCHAR" in data_type or "BLOB" in data_type or "JSON" in data_type:
            if schema:
                relation = f"searched.{identifier(schema)}.{identifier(table)}"
            place = f"{schema}.{table}.{name}" if schema else name
            texts[relation].append((place, f"cast({identifier(name)} as varchar)"))
    return texts
