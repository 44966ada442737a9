"""Execution of the requests: the releases and the work database are rewritten.

Deleting or updating rows would leave their bytes in free blocks of the file, so every file that
held a person is replaced by one that never did. Each step finds what it has to do from the files
and the tombstones alone, so a kill at any moment costs nothing but time: the next build begins
where a request stands.

Whoever calls this holds the warehouse's lock.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb

from orchestration.erasure.creations import Creations
from orchestration.erasure.pseudonyms import equip
from orchestration.erasure.raw import mark, newly_found, without_persons
from orchestration.erasure.raw_rows import raw_rows
from orchestration.erasure.register import Register, Tombstone
from orchestration.erasure.releases import rewrite_releases
from orchestration.mapping_sql import Mappings
from orchestration.releases.store import sync
from orchestration.sql import identifier, literal, qualified
from orchestration.warehouse.paths import DATABASE_FILE, Warehouse

FRESH_DATABASE = "erasing.duckdb"
"""The raw tables without the erased persons, until they take the work database's place."""

RAW_SCHEMAS = "schema_name like 'raw\\_%' escape '\\'"


def carry_out(
    warehouse: Warehouse,
    mappings: Mappings,
    echo: Callable[[str], None] = lambda _: None,
    copies: Callable[[], None] = lambda: None,
) -> bool:
    """Rewrite releases and work database where a request still waits for it; whether one did.

    Afterwards the work database has its raw tables and nothing else: the build makes the rest.
    `copies` brings the rewritten current release to wherever else it is kept; where that fails, the
    request waits.

    Raises:
        ErasureError: the register or a release cannot be read.
    """
    register = Register(warehouse)
    waiting = register.open_requests("rewritten")
    if not waiting:
        return False
    echo(f"Erasing: {len(waiting)} request(s)")
    databases = [path for path in _databases(warehouse) if path.is_file()]
    for database in databases:
        _find_more(database, register, mappings)
    rewrite_releases(warehouse, register)
    for database in databases:
        _rewrite_database(database, register, mappings)
    for leftover in (warehouse.build_dir / "dlt", warehouse.build_dir / "spill"):
        shutil.rmtree(leftover, ignore_errors=True)
    copies()
    for request_id in waiting:
        register.record("rewritten", request_id)
    return True


def note_published(warehouse: Warehouse) -> None:
    """Note that a release without the erased persons is out."""
    register = Register(warehouse)
    for request_id in register.open_requests("published"):
        register.record("published", request_id)


def is_waiting(warehouse: Warehouse) -> bool:
    """True if a request waits for a build."""
    return bool(Register(warehouse).open_requests("rewritten"))


def _databases(warehouse: Warehouse) -> tuple[Path, Path]:
    """The work database, and the one that a restore has set aside."""
    return warehouse.work_database, warehouse.replaced_dir / DATABASE_FILE


def _find_more(database: Path, register: Register, mappings: Mappings) -> None:
    """Give the leads tombstones that have the address of an erased person and were not known."""
    assert register.key is not None
    with duckdb.connect(str(database)) as connection:
        equip(connection, register.key, register.tombstones)
        creations = Creations(connection, mappings)
        found = set[Tombstone]()
        for rows in raw_rows(connection):
            if not rows.of_kind("email"):
                continue
            mark(connection, rows, creations)
            found |= newly_found(connection, rows, register.key)
    if found:
        register.record_found(found)


def _rewrite_database(database: Path, register: Register, mappings: Mappings) -> None:
    fresh = database.with_name(FRESH_DATABASE)
    for path in (fresh, _log(fresh)):
        path.unlink(missing_ok=True)
    with duckdb.connect(str(database)) as connection:
        _copy_raw_schemas(connection, fresh, register, mappings)
        # its log must not be replayed into the file that takes its place
        connection.execute("checkpoint")
    _log(database).unlink(missing_ok=True)
    sync(fresh)
    fresh.replace(database)
    sync(database.parent)


def _log(database: Path) -> Path:
    return database.with_name(f"{database.name}.wal")


def _copy_raw_schemas(
    connection: duckdb.DuckDBPyConnection,
    fresh: Path,
    register: Register,
    mappings: Mappings,
) -> None:
    assert register.key is not None
    connection.execute("set preserve_insertion_order = false")
    equip(connection, register.key, register.tombstones)
    creations = Creations(connection, mappings)
    personal = {rows.relation: rows for rows in raw_rows(connection) if rows.has_people}
    tables = connection.execute(
        "select schema_name, table_name, sql from duckdb_tables() "
        f"where database_name = current_database() and {RAW_SCHEMAS} order by 1, 2"
    ).fetchall()
    work = connection.execute("select current_database()").fetchall()[0][0]
    connection.execute(f"attach {literal(str(fresh))} as fresh")
    for schema in dict.fromkeys(schema for schema, *_ in tables):
        connection.execute(f"create schema fresh.{identifier(schema)}")
    for schema, table, definition in tables:
        name = f"{identifier(schema)}.{identifier(table)}"
        connection.execute("use fresh")
        connection.execute(definition)
        connection.execute(f"use {identifier(work)}")
        rows = personal.get(name)
        query = f"from {qualified(f'{schema}.{table}')}"
        if rows is not None:
            mark(connection, rows, creations)
            query = without_persons(rows)
        connection.execute(f"insert into fresh.{name} {query}")
    connection.execute("checkpoint fresh")
    connection.execute("detach fresh")
