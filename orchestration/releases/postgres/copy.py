"""A release's tables, from its database file into fresh schemas of PostgreSQL."""

import re
from collections.abc import Iterator
from io import BytesIO

import duckdb
import psycopg
from psycopg import sql
from pyarrow import csv

from orchestration.releases.manifest import Manifest, PublishedTable
from orchestration.releases.postgres.target import PostgresError
from orchestration.sql import identifier, literal, qualified

RELEASE_TABLE = "published_release"
REFERENCE = "_key"
"""How the name of a column ends that refers to a row of another table."""
TYPES = {
    "BOOLEAN": "boolean",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "HUGEINT": "numeric(39)",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "VARCHAR": "text",
    "DATE": "date",
    "TIMESTAMP": "timestamp",  # UTC, as in the release: no session's time zone shifts a day
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
}
DECIMAL = re.compile(r"DECIMAL\((\d+,\d+)\)")
NUL_MARK = "\N{REPLACEMENT CHARACTER}"
"""Stands for the character NUL, which PostgreSQL's text cannot hold."""
LONGEST_NAME = 63
"""Bytes; PostgreSQL cuts a longer name without an error."""
BATCH_ROWS = 50_000
AS_IT_IS = csv.WriteOptions(include_header=False, quoting_style="needed")
"""Texts quoted, nulls bare: so an empty text is no null."""


def load_table(
    connection: psycopg.Connection,
    release: duckdb.DuckDBPyConnection,
    schema: str,
    name: str,
    table: PublishedTable,
) -> None:
    """Make the release's table `name` (`schema.table`) in `schema`: rows, key, statistics.

    Raises:
        PostgresError: a name or a type has no counterpart, or PostgreSQL counts other rows.
    """
    relation = sql.Identifier(schema, name.split(".", 1)[1])
    create_table(connection, relation, name, table.columns)
    columns = ", ".join(_selected(*column) for column in table.columns.items())
    query = f"select {columns} from {qualified(name)}"
    rows = copy_rows(connection, release, query, relation)
    if rows != table.rows:
        raise PostgresError(f"{name} has {table.rows} rows in the release, {rows} in PostgreSQL.")
    add_key(connection, release, relation, name, table.key)
    add_indexes(connection, relation, table)
    connection.execute(sql.SQL("analyze {}").format(relation))


def load_release_row(
    connection: psycopg.Connection,
    release: duckdb.DuckDBPyConnection,
    schema: str,
    manifest: Manifest,
    sha256: str,
) -> None:
    """Make the table that says which release this is, swapped in with the rest."""
    columns: dict[str, tuple[str, str | None]] = {
        "release_id": ("VARCHAR", manifest.release_id),
        "published_at": ("TIMESTAMP", f"{manifest.created_at:%Y-%m-%d %H:%M:%S.%f}"),
        "as_of": ("TIMESTAMP", _text(manifest.provenance.as_of)),
        "sources": ("VARCHAR", ", ".join(manifest.provenance.sources)),
        "project_version": ("VARCHAR", manifest.provenance.project_version),
        "git_commit": ("VARCHAR", manifest.provenance.git_commit),
        "sha256": ("VARCHAR", sha256),
    }
    relation = sql.Identifier(schema, RELEASE_TABLE)
    types = {name: data_type for name, (data_type, _) in columns.items()}
    create_table(connection, relation, RELEASE_TABLE, types)
    values = (
        f"cast({'null' if value is None else literal(value)} as {data_type}) as {identifier(name)}"
        for name, (data_type, value) in columns.items()
    )
    copy_rows(connection, release, f"select {', '.join(values)}", relation)
    comment = "One row: the release that these schemas hold. Moments are UTC."
    connection.execute(sql.SQL("comment on table {} is {}").format(relation, comment))


def create_table(
    connection: psycopg.Connection, relation: sql.Identifier, name: str, columns: dict[str, str]
) -> None:
    """Make an empty table; `columns` gives DuckDB's type of each column."""
    for long_name in [name.rpartition(".")[2], *columns]:
        if len(long_name.encode()) > LONGEST_NAME:
            raise PostgresError(
                f"{name}: the name {long_name} is longer than PostgreSQL's {LONGEST_NAME} bytes. "
                "Give it a shorter one in the model."
            )
    declared = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(postgres_type(name, column, kind)))
        for column, kind in columns.items()
    )
    # Rows come in frozen and never change: there is nothing to vacuum, and a vacuum would stand in
    # the way of the next swap.
    create = sql.SQL("create table {} ({}) with (autovacuum_enabled = false)")
    connection.execute(create.format(relation, declared))


def postgres_type(table: str, column: str, duckdb_type: str) -> str:
    """PostgreSQL's type for a column that has the type `duckdb_type` in the release."""
    if decimal := DECIMAL.fullmatch(duckdb_type):
        return f"numeric({decimal[1]})"
    try:
        return TYPES[duckdb_type]
    except KeyError:
        raise PostgresError(
            f"{table}.{column} has the type {duckdb_type}, which is not published to PostgreSQL. "
            f"Cast it in the model to one of {', '.join(TYPES)} and DECIMAL."
        ) from None


def copy_rows(
    connection: psycopg.Connection,
    release: duckdb.DuckDBPyConnection,
    query: str,
    relation: sql.Identifier,
) -> int:
    """Copy a query's rows into a table that this transaction made; their number there."""
    # Frozen rows show in older snapshots too. Without that, a transaction that began before the
    # swap and comes to a table after it would find the table empty: names resolve to the newest.
    copy = sql.SQL("copy {} from stdin (format csv, freeze)").format(relation)
    with connection.cursor() as cursor:
        with cursor.copy(copy) as stream:
            for text in _csv(release, query):
                stream.write(text)
        return cursor.rowcount


def add_key(
    connection: psycopg.Connection,
    release: duckdb.DuckDBPyConnection,
    relation: sql.Identifier,
    name: str,
    key: tuple[str, ...],
) -> None:
    """Make the declared key the primary key, or a unique index where it has nulls."""
    if not key:
        return
    is_null = " or ".join(f"{identifier(column)} is null" for column in key)
    found = release.execute(f"select 1 from {qualified(name)} where {is_null} limit 1").fetchone()
    add = (
        sql.SQL("create unique index on {} ({})")
        if found
        else sql.SQL("alter table {} add primary key ({})")
    )
    columns = sql.SQL(", ").join(map(sql.Identifier, key))
    connection.execute(add.format(relation, columns))


def add_indexes(
    connection: psycopg.Connection, relation: sql.Identifier, table: PublishedTable
) -> None:
    """Index the columns that refer to other tables, so that the rows of one person are near."""
    for column in table.columns:
        if column.endswith(REFERENCE) and table.key != (column,):
            create = sql.SQL("create index on {} ({})")
            connection.execute(create.format(relation, sql.Identifier(column)))


def add_comments(
    connection: psycopg.Connection, release: duckdb.DuckDBPyConnection, schema: str, source: str
) -> None:
    """Give the tables and columns of `schema` the comments of the release's schema `source`."""
    relations = release.execute(
        f"""
        select table_name, comment from duckdb_tables()
        where schema_name = {literal(source)} and comment is not null
        """
    ).fetchall()
    columns = release.execute(
        f"""
        select table_name, column_name, comment from duckdb_columns()
        where schema_name = {literal(source)} and comment is not null
        """
    ).fetchall()
    statements = [
        *(
            sql.SQL("comment on table {} is {}").format(sql.Identifier(schema, table), comment)
            for table, comment in relations
        ),
        *(
            sql.SQL("comment on column {} is {}").format(
                sql.Identifier(schema, table, column), comment
            )
            for table, column, comment in columns
        ),
    ]
    if statements:
        connection.execute(sql.SQL("; ").join(statements))


def _selected(column: str, data_type: str) -> str:
    name = identifier(column)
    return (
        f"replace({name}, chr(0), {literal(NUL_MARK)}) as {name}"
        if data_type == "VARCHAR"
        else name
    )


def _csv(release: duckdb.DuckDBPyConnection, query: str) -> Iterator[memoryview]:
    for batch in release.execute(query).to_arrow_reader(BATCH_ROWS):
        text = BytesIO()
        csv.write_csv(batch, text, AS_IT_IS)
        yield text.getbuffer()


def _text(value: object) -> str | None:
    return None if value is None else str(value)
