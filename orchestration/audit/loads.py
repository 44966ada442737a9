"""The loads of a source, by its ledger of landed files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from orchestration.contract import LEDGER_TABLE
from orchestration.sql import identifier


@dataclass(frozen=True)
class Load:
    """One load of a table: its moment (UTC), the rows that it brought, and files replaced since."""

    loaded_at: datetime
    rows: int
    replaced_rows: int = 0
    replaced_files: tuple[str, ...] = ()


def loads_by_table(connection: duckdb.DuckDBPyConnection, source: str) -> dict[str, list[Load]]:
    """The loads of each table, oldest first, by the ledger."""
    ledger = f"{identifier(f'raw_{source}')}.{identifier(LEDGER_TABLE)}"
    try:
        entries = connection.execute(
            f"""
            with files as (
                select
                    *,
                    loaded_at < max(loaded_at) over (partition by table_name, source_file)
                        as is_replaced
                from {ledger}
                where error is null
            )
            select
                table_name,
                loaded_at,
                sum(row_count),
                coalesce(sum(row_count) filter (is_replaced), 0),
                coalesce(list(file_id) filter (is_replaced), [])
            from files
            group by 1, 2
            order by 1, 2
            """
        ).fetchall()
    except duckdb.CatalogException:
        return {}
    history: dict[str, list[Load]] = {}
    for table, loaded_at, rows, replaced_rows, files in entries:
        load = Load(loaded_at, int(rows), int(replaced_rows), tuple(files))
        history.setdefault(table, []).append(load)
    return history


def loads_of_files(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    loads: Mapping[str, Sequence[Load]],
    relation: str,
) -> list[Load]:
    """The loads, oldest first, of the raw tables that the rows of a relation come from."""
    ledger = f"{identifier(f'raw_{source}')}.{identifier(LEDGER_TABLE)}"
    found = connection.execute(
        f"select distinct table_name from {ledger} "
        f"where error is null and file_id in (select _file_id from {relation})"
    ).fetchall()
    by_moment: dict[datetime, list[Load]] = {}
    for (table,) in found:
        for load in loads.get(table, ()):
            by_moment.setdefault(load.loaded_at, []).append(load)
    return [
        Load(
            moment,
            sum(load.rows for load in parts),
            sum(load.replaced_rows for load in parts),
            tuple(file for load in parts for file in load.replaced_files),
        )
        for moment, parts in sorted(by_moment.items())
    ]


def file_ids_by_table(connection: duckdb.DuckDBPyConnection, source: str) -> dict[str, list[str]]:
    """Ids of the files that each table was loaded from, in order."""
    ledger = f"{identifier(f'raw_{source}')}.{identifier(LEDGER_TABLE)}"
    try:
        files = connection.execute(
            f"select table_name, list(file_id order by file_id) from {ledger} "
            "where error is null group by table_name"
        ).fetchall()
    except duckdb.CatalogException:
        return {}
    return dict(files)
