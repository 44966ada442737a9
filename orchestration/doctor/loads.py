"""Check of the records of dlt and the ledger against the rows and the landing folder."""

from collections.abc import Iterator

import duckdb

from orchestration.contract import LEDGER_TABLE, raw_tables
from orchestration.doctor.finding import Finding, Subject, error, fine, warning
from orchestration.ingestion.ledger import dataset_name, existing_columns
from orchestration.ingestion.lost import lost_files
from orchestration.sql import identifier, literal

NAMED_FILES = 3


def check_loads(subject: Subject, connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Every row belongs to a load that dlt lists as complete."""
    for source in subject.settings.sources:
        tables = existing_columns(connection, source)
        if not tables:
            yield warning("loads", f"Nothing was loaded yet for source '{source}'.", "funnel load")
        elif not {"_dlt_loads", LEDGER_TABLE} <= tables.keys():
            yield error(
                "loads",
                f"The list of loads or of files is missing from {dataset_name(source)}, so it is "
                "unknown which rows count.",
                "funnel restore",
            )
        elif broken := _rows_of_broken_loads(connection, source):
            yield warning(
                "loads",
                f"{broken:,} rows in {dataset_name(source)} belong to a load that was interrupted.",
                "funnel load (removes them and loads their files again)",
            )


def check_raw_rows(subject: Subject, connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """The raw tables hold the rows that the ledger counted, file by file; every block is read."""
    for source in subject.settings.sources:
        tables = existing_columns(connection, source)
        if not {"_dlt_loads", LEDGER_TABLE} <= tables.keys():
            continue
        rows, differing = 0, []
        for table in raw_tables(source):
            if table.name in tables:
                found = _rows_by_file(connection, source, table.name)
                rows += sum(in_raw for _, _, in_raw in found)
                differing += [
                    f"{file or 'a file that is not listed'} ({listed or 0:,} rows listed, "
                    f"{in_raw:,} in {table.name})"
                    for file, listed, in_raw in found
                    if listed != in_raw
                ]
        if differing:
            yield error(
                "rows",
                f"{len(differing)} file(s) of source '{source}' have rows that differ from what "
                f"was loaded: {_some(differing)}.",
                "funnel restore",
            )
        else:
            yield fine("rows", f"{rows:,} raw rows of source '{source}', as many as were loaded.")


def check_landing_files(
    subject: Subject, connection: duckdb.DuckDBPyConnection
) -> Iterator[Finding]:
    """Loaded files that a restore would not find in the landing folder."""
    if not subject.settings.landing.is_dir():
        return
    lost = lost_files(connection, subject.settings.landing, subject.settings.sources)
    if lost:
        yield fine(
            "landing",
            f"{len(lost)} loaded file(s) are no longer in {subject.settings.landing}, or have "
            f"other content: {_some(lost)}. Their rows stay; only a restore would lose them.",
        )


def _rows_of_broken_loads(connection: duckdb.DuckDBPyConnection, source: str) -> int:
    schema = identifier(dataset_name(source))
    tables = existing_columns(connection, source)
    return sum(
        _number(
            connection,
            f"select count(*) from {schema}.{identifier(table)} where _dlt_load_id not in "
            f"(select load_id from {schema}._dlt_loads where status = 0)",
        )
        for table, columns in tables.items()
        if "_dlt_load_id" in columns and table != LEDGER_TABLE
    )


def _rows_by_file(
    connection: duckdb.DuckDBPyConnection, source: str, table: str
) -> list[tuple[str | None, int | None, int]]:
    """Name of each file, its rows in the ledger (null: not listed), and in the raw table."""
    schema = identifier(dataset_name(source))
    # the hash makes DuckDB read every block of the table, which checks its checksum
    return connection.execute(
        f"""
        with listed as (
            select file_id, source_file, row_count
            from {schema}.{identifier(LEDGER_TABLE)}
            where table_name = {literal(table)} and error is null
                and _dlt_load_id in (select load_id from {schema}._dlt_loads where status = 0)
        ),

        landed as (
            select _file_id as file_id, min(_source_file) as source_file, count(*) as row_count,
                bit_xor(hash(landed)) as checksum
            from {schema}.{identifier(table)} as landed
            where _dlt_load_id in (select load_id from {schema}._dlt_loads where status = 0)
            group by 1
        )

        select
            coalesce(listed.source_file, landed.source_file),
            listed.row_count,
            coalesce(landed.row_count, 0)
        from listed full join landed using (file_id)
        order by 1
        """
    ).fetchall()


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _some(names: list[str]) -> str:
    more = len(names) - NAMED_FILES
    return ", ".join(names[:NAMED_FILES]) + (f" and {more} more" if more > 0 else "")
