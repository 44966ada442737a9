"""The ledger: the work database's record of loads, and its repair after a broken one."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.contract import LEDGER_TABLE, WHOLE_EXPORT, RawTable
from orchestration.ingestion.columns import METADATA
from orchestration.ingestion.errors import LoadError
from orchestration.sql import identifier

LEDGER = pa.schema(
    [
        ("file_id", pa.string()),
        ("table_name", pa.string()),
        ("source_file", pa.string()),
        ("sha256", pa.string()),
        ("byte_count", pa.int64()),
        ("row_count", pa.int64()),
        ("error", pa.string()),
        ("loaded_at", pa.timestamp("us")),
        ("may_delete", pa.bool_()),
    ]
)
"""The columns of the ledger.

A file with an `error` was refused. `may_delete` is true for a whole export that an audit let pass.
"""


def dataset_name(source: str) -> str:
    """The raw schema of a source."""
    return f"raw_{source}"


def repair(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Makes the raw schema say what was loaded, whatever happened to the loads before.

    Rows of a load that was broken off go: dlt lists a load once all of it is in. So do refusals of
    files that were tried again since.

    Raises:
        LoadError: dlt's list of loads is gone, so that nothing says which rows count.
    """
    existing = existing_columns(connection, source)
    if existing and not {"_dlt_loads", LEDGER_TABLE} <= existing.keys():
        _assert_no_rows(connection, source, existing)
    for table, columns in existing.items():
        if "_dlt_load_id" in columns and "_dlt_loads" in existing:
            connection.execute(
                f"""
                delete from {_qualified(source, table)} where _dlt_load_id not in (
                    select load_id from {_qualified(source, "_dlt_loads")} where status = 0
                )
                """
            )
    if LEDGER_TABLE in existing:
        ledger = _qualified(source, LEDGER_TABLE)
        connection.execute(
            f"""
            delete from {ledger} as refusal
            where error is not null and exists (
                select 1 from {ledger} as later
                where later.table_name = refusal.table_name
                    and later.source_file = refusal.source_file
                    and (later.file_id = refusal.file_id or refusal.sha256 is null)
                    and (later.error is null or later.loaded_at > refusal.loaded_at)
            )
            """
        )


def next_moment(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[str], now: datetime
) -> datetime:
    """The moment of a load: later than every earlier one, even where the clock went back.

    The version of a record that was loaded last is in force, so an earlier moment would hide it.
    """
    earlier: list[datetime] = [
        moment
        for source in sources
        if LEDGER_TABLE in existing_columns(connection, source)
        for (moment,) in connection.execute(
            f"select max(loaded_at) from {_qualified(source, LEDGER_TABLE)}"
        ).fetchall()
        if moment is not None
    ]
    return max([now, *(moment + timedelta(microseconds=1) for moment in earlier)])


def let_exports_delete(database: Path, tables: Iterable[RawTable]) -> None:
    """Note that the audit let the whole exports of the tables pass.

    What an export lacks is deleted from then on.
    """
    if not (exported := [table for table in tables if table.load == WHOLE_EXPORT]):
        return
    with duckdb.connect(database) as connection:
        for table in exported:
            connection.execute(
                f"update {_qualified(table.source, LEDGER_TABLE)} set may_delete = true "
                "where table_name = ? and error is null and may_delete is not true",
                [table.name],
            )


def replaced_exports(
    connection: duckdb.DuckDBPyConnection, source: str, tables: Iterable[RawTable]
) -> set[tuple[str, str]]:
    """Whole exports of which the file has another content since, by table and file id.

    One whose content comes back is the newest export again, and has to be loaded again.
    """
    exported = [table.name for table in tables if table.load == WHOLE_EXPORT]
    if not exported or LEDGER_TABLE not in existing_columns(connection, source):
        return set()
    return set(
        connection.execute(
            f"""
            select table_name, file_id
            from (
                select *, max(loaded_at) over (partition by table_name, source_file) as newest
                from {_qualified(source, LEDGER_TABLE)}
                where error is null and list_contains(?, table_name)
            ) as loaded
            where loaded_at < newest
            """,
            [exported],
        ).fetchall()
    )


def forget(
    connection: duckdb.DuckDBPyConnection, source: str, files: Iterable[tuple[str, str]]
) -> None:
    """Delete what was loaded of files, each by its table and file id, as one change."""
    connection.begin()
    for table, identity in files:
        connection.execute(
            f"delete from {_qualified(source, table)} where _file_id = ?", [identity]
        )
        connection.execute(
            f"delete from {_qualified(source, LEDGER_TABLE)} where table_name = ? and file_id = ?",
            [table, identity],
        )
    connection.commit()


def errors(connection: duckdb.DuckDBPyConnection, source: str) -> dict[tuple[str, str], str | None]:
    """The error (null = loaded) of every file that loads have seen, by table and file id."""
    if LEDGER_TABLE not in existing_columns(connection, source):
        return {}
    entries = connection.execute(
        f"select table_name, file_id, error from {_qualified(source, LEDGER_TABLE)}"
    ).fetchall()
    return {(table, file_id): error for table, file_id, error in entries}


def never_loaded(
    connection: duckdb.DuckDBPyConnection, source: str, tables: Sequence[RawTable]
) -> list[RawTable]:
    """The tables for which no file was ever loaded."""
    loaded = {name for (name, _), error in errors(connection, source).items() if error is None}
    return [table for table in tables if table.name not in loaded]


def incomplete_tables(
    connection: duckdb.DuckDBPyConnection, source: str, tables: Sequence[RawTable]
) -> set[str]:
    """Raw tables, the ledger among them, that are not there or lack a declared column."""
    existing = existing_columns(connection, source)
    declared = {table.name: {*table.column_names, *METADATA.names} for table in tables}
    declared[LEDGER_TABLE] = set(LEDGER.names)
    return {name for name, columns in declared.items() if not columns <= existing.get(name, set())}


def existing_columns(connection: duckdb.DuckDBPyConnection, source: str) -> dict[str, set[str]]:
    """The columns of each table in the raw schema of a source; empty before its first load."""
    found = connection.execute(
        """
        select table_name, list(column_name) from duckdb_columns()
        where database_name = current_database() and schema_name = ?
        group by table_name
        """,
        [dataset_name(source)],
    ).fetchall()
    return {table: set(columns) for table, columns in found}


def _assert_no_rows(
    connection: duckdb.DuckDBPyConnection, source: str, tables: Iterable[str]
) -> None:
    for table in tables:
        row = connection.execute(f"select 1 from {_qualified(source, table)} limit 1").fetchone()
        if row and not table.startswith("_dlt"):
            raise LoadError(
                f"The work database is damaged: {dataset_name(source)}.{table} has rows, but the "
                "list of loads or of files is missing. Rebuild it from the landing folder with "
                "`funnel restore`."
            )


def _qualified(source: str, table: str) -> str:
    return f"{identifier(dataset_name(source))}.{identifier(table)}"
