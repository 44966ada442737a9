"""Loaded files that the landing folder no longer holds."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from orchestration.contract import LEDGER_TABLE, raw_tables
from orchestration.ingestion.discovery import LandedFile, find_files
from orchestration.ingestion.errors import FileError
from orchestration.ingestion.ledger import dataset_name, existing_columns
from orchestration.ingestion.reader import file_id, fingerprint
from orchestration.sql import identifier


def lost_files(
    connection: duckdb.DuckDBPyConnection, landing: Path, sources: Sequence[str]
) -> list[str]:
    """Loaded files that are not under `landing` any more, or with another content, by name.

    A load from nothing would not bring back their rows.
    """
    loaded = _loaded(connection, sources)
    sizes = {(name, byte_count) for name, byte_count, _ in loaded}
    landed, _ = find_files(landing, [table for name in sources for table in raw_tables(name)])
    there = {
        key
        for file in landed
        # only a file of the same size can be the same, so no other is read
        if (file.name, file.byte_count) in sizes and (key := _identity(file))
    }
    return sorted({name for name, _, key in loaded if key not in there})


def _identity(file: LandedFile) -> tuple[str, str] | None:
    try:
        return file.table.name, file_id(file, fingerprint(file).sha256)
    except FileError:
        return None


def _loaded(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[str]
) -> list[tuple[str, int, tuple[str, str]]]:
    return [
        (name, byte_count, (table, identity))
        for source in sources
        if LEDGER_TABLE in existing_columns(connection, source)
        for name, byte_count, table, identity in connection.execute(
            f"select source_file, byte_count, table_name, file_id"
            f" from {identifier(dataset_name(source))}.{identifier(LEDGER_TABLE)}"
            " where error is null and row_count > 0"
        ).fetchall()
    ]
