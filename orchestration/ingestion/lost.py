"""Which loaded files the landing folder does not hold any more."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from orchestration.contract import LEDGER_TABLE, raw_tables
from orchestration.ingestion.discovery import find_files
from orchestration.ingestion.errors import FileError
from orchestration.ingestion.ledger import dataset_name, existing_columns
from orchestration.ingestion.reading import file_id, fingerprint
from orchestration.sql import identifier


def lost_files(
    connection: duckdb.DuckDBPyConnection, landing: Path, sources: Sequence[str]
) -> list[str]:
    """Loaded files that are not under `landing` any more, or with another content, by name.

    A load from nothing would not bring back their rows.
    """
    landed, _ = find_files(landing, [table for name in sources for table in raw_tables(name)])
    there = set()
    for file in landed:
        try:
            there.add((file.table.name, file_id(file, fingerprint(file).sha256)))
        except FileError:
            continue
    return sorted({name for name, key in _loaded(connection, sources) if key not in there})


def _loaded(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[str]
) -> list[tuple[str, tuple[str, str]]]:
    return [
        (name, (table, identity))
        for source in sources
        if LEDGER_TABLE in existing_columns(connection, source)
        for name, table, identity in connection.execute(
            f"select source_file, table_name, file_id"
            f" from {identifier(dataset_name(source))}.{identifier(LEDGER_TABLE)}"
            " where error is null and row_count > 0"
        ).fetchall()
    ]
