"""Check that the raw tables still have the columns that the contract declares."""

from collections.abc import Iterator
from difflib import get_close_matches

import duckdb

from orchestration.contract import RawTable, raw_tables
from orchestration.doctor.finding import Finding, Subject, error, fine, warning
from orchestration.ingestion.columns import METADATA
from orchestration.ingestion.header import LIKENESS
from orchestration.ingestion.ledger import dataset_name
from orchestration.loaders import known_columns

RAW_TYPE = "VARCHAR"


def check_raw_columns(subject: Subject, connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Raw tables against the contract: missing, changed and unknown columns."""
    for source in subject.settings.sources:
        found = _column_types(connection, source)
        for table in raw_tables(source) if found else []:
            yield from _compare(table, found.get(table.name))


def _compare(table: RawTable, types: dict[str, str] | None) -> Iterator[Finding]:
    place = f"{dataset_name(table.source)}.{table.name}"
    if types is None:
        yield warning("columns", f"The table {place} is not there.", "funnel load")
        return
    missing = [name for name in (*table.column_names, *METADATA.names) if name not in types]
    if missing:
        yield warning("columns", f"{place} lacks {', '.join(missing)}.", "funnel load")
    changed = [
        f"{name} ({types[name]})"
        for name in table.column_names
        if types.get(name, "") != RAW_TYPE and name in types
    ]
    if changed:
        yield error(
            "columns",
            f"{place} has columns that are no longer text: {', '.join(changed)}.",
            "funnel restore",
        )
    added = {*METADATA.names, "_dlt_load_id", "_dlt_id", *known_columns()}
    extra = types.keys() - {*table.column_names, *added}
    for name in sorted(extra):
        near = get_close_matches(name, table.column_names, n=1, cutoff=LIKENESS)
        if near:
            yield warning(
                "columns",
                f"Files of {place} have a column '{name}', which nothing reads; the contract has "
                f"'{near[0]}'.",
                f"Rename it to '{near[0]}' in the files and land them again, if that was meant",
            )
    if extra:
        yield fine("columns", f"{place} keeps {len(extra)} column(s) that the contract ignores.")


def _column_types(connection: duckdb.DuckDBPyConnection, source: str) -> dict[str, dict[str, str]]:
    found = connection.execute(
        """
        select table_name, column_name, data_type
        from duckdb_columns()
        where database_name = current_database() and schema_name = ?
        order by column_index
        """,
        [dataset_name(source)],
    ).fetchall()
    types: dict[str, dict[str, str]] = {}
    for table, column, data_type in found:
        types.setdefault(table, {})[column] = data_type
    return types
