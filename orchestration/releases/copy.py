"""The copy of the published schemas from the work database into a file of their own."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import duckdb

from orchestration.releases.errors import PublishError
from orchestration.releases.manifest import PublishedTable
from orchestration.sql import identifier, literal, qualified

PUBLISHED_SCHEMAS = ("core", "marts")


def copy_tables(
    work_database: Path,
    database: Path,
    keys: Mapping[str, tuple[str, ...]],
    memory: str | None = None,
) -> dict[str, PublishedTable]:
    """Copy the published schemas into the new file `database`; a view becomes a table.

    `keys` has the columns that identify a row, by name of the table.

    A copy by query, not of the file: it leaves the work schemas and the file's dead space behind,
    and opening the work file outside DuckDB would drop the lock that DuckDB holds on it.
    """
    if not work_database.is_file():
        raise PublishError(f"There is no work database {work_database}. Run `funnel build` first.")
    spill = database.with_suffix(".spill")
    # The work file keeps its own name as catalog, so that the text of its views resolves.
    work = work_database.stem
    with _engine() as connection:
        connection.execute(f"set temp_directory = {literal(str(spill))}")
        if memory:
            connection.execute(f"set memory_limit = {literal(memory)}")
        connection.execute(
            f"attach {literal(str(work_database))} as {identifier(work)} (read_only)"
        )
        connection.execute(f"attach {literal(str(database))} as release")
        # one commit: two thousand, one per table and comment, take longer than the copy
        connection.begin()
        for schema in PUBLISHED_SCHEMAS:
            connection.execute(f"create schema release.{identifier(schema)}")
        tables = {
            f"{schema}.{table}": copy_table(connection, work, schema, table, keys.get(table, ()))
            for schema, table in _published_relations(connection, work)
        }
        copy_comments(connection, work)
        connection.commit()
        connection.execute("checkpoint release")
    shutil.rmtree(spill, ignore_errors=True)
    if not tables:
        raise PublishError(
            f"{work_database} has no table in the schemas {' and '.join(PUBLISHED_SCHEMAS)}. "
            "Run `funnel build` first."
        )
    return tables


def copy_table(
    connection: duckdb.DuckDBPyConnection,
    work: str,
    schema: str,
    table: str,
    key: tuple[str, ...] = (),
) -> PublishedTable:
    """Copy one relation of the catalog `work` into the catalog `release`; its size there."""
    source = f"{identifier(work)}.{identifier(schema)}.{identifier(table)}"
    connection.execute(
        f"create table release.{identifier(schema)}.{identifier(table)} as from {source}"
    )
    described = connection.execute(f"describe {source}").fetchall()
    columns = {name: data_type for name, data_type, *_ in described}
    return PublishedTable(
        rows=_count(connection, source),
        columns=columns,
        key=key if columns.keys() >= set(key) else (),
    )


def copy_comments(connection: duckdb.DuckDBPyConnection, work: str) -> None:
    """Copy what the tables and columns of the catalog `work` say of themselves."""
    commented = connection.execute(
        f"""
        with
            relations as (
                select database_name, schema_name, table_name, comment from duckdb_tables()
                union all
                select database_name, schema_name, view_name, comment from duckdb_views()
            ),

            texts as (
                select database_name, schema_name, table_name, null as column_name, comment
                from relations
                union all
                select database_name, schema_name, table_name, column_name, comment
                from duckdb_columns()
            )

        select schema_name, table_name, column_name, comment
        from texts
        where database_name = {literal(work)}
            and schema_name in ({", ".join(map(literal, PUBLISHED_SCHEMAS))})
            and comment is not null
        """
    ).fetchall()
    for schema, table, column, comment in commented:
        name = f"release.{identifier(schema)}.{identifier(table)}"
        what = f"column {name}.{identifier(column)}" if column else f"table {name}"
        connection.execute(f"comment on {what} is {literal(comment)}")


def check_copy(database: Path, tables: Mapping[str, PublishedTable]) -> None:
    """Open the new file as a reader would and count its rows again.

    Raises:
        PublishError: a table has not the rows that it has in the work database.
    """
    wal = database.with_name(f"{database.name}.wal")
    if wal.exists():
        raise PublishError(f"Nothing was published: {wal.name} was not merged into its database.")
    with duckdb.connect(str(database), read_only=True) as connection:
        for name, table in tables.items():
            rows = _count(connection, qualified(name))
            if rows != table.rows:
                raise PublishError(
                    f"Nothing was published: {name} has {table.rows} rows in the work database, "
                    f"{rows} in the copy."
                )


def export_parquet(database: Path, tables: Mapping[str, PublishedTable]) -> None:
    """Write one `<schema>.<table>.parquet` (zstd) per table beside the database file."""
    with duckdb.connect(str(database), read_only=True) as connection:
        for name in tables:
            target = literal(str(database.with_name(f"{name}.parquet")))
            connection.execute(
                f"copy (from {qualified(name)}) to {target} (format parquet, compression zstd)"
            )


def _engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    )


def _published_relations(
    connection: duckdb.DuckDBPyConnection, catalog: str
) -> list[tuple[str, str]]:
    # Literals, not parameters: binding one makes DuckDB import pandas, which takes a second.
    return connection.execute(
        f"""
        select table_schema, table_name
        from information_schema.tables
        where table_catalog = {literal(catalog)}
            and table_schema in ({", ".join(map(literal, PUBLISHED_SCHEMAS))})
        order by table_schema, table_name
        """
    ).fetchall()


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = connection.execute(f"select count(*) from {relation}").fetchone()
    return int(row[0]) if row else 0
