"""The current release to PostgreSQL, in one transaction.

Everything happens in one transaction: fresh schemas are made and filled, then take the place of the
old ones, then the commit publishes them. A kill, a lost connection or a crash of the server at any
moment rolls all of it back; there is nothing to clean up.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psycopg
from psycopg import sql

from orchestration.releases.copy import PUBLISHED_SCHEMAS
from orchestration.releases.errors import ReleaseError
from orchestration.releases.manifest import Manifest, verify
from orchestration.releases.postgres.copy import (
    RELEASE_TABLE,
    add_comments,
    load_release_row,
    load_table,
)
from orchestration.releases.postgres.roles import grant_read, role_exists
from orchestration.releases.postgres.swap import OWN, refuse_foreign, swap
from orchestration.releases.postgres.target import PostgresAwayError, Target, transaction
from orchestration.releases.store import current_release_id
from orchestration.warehouse.paths import DATABASE_FILE, Warehouse

FRESH = "funnel_next_"
"""Before the name of a schema that is being filled; nobody but its transaction ever sees it."""


@dataclass(frozen=True)
class SyncReport:
    """Result of a synchronisation; `is_new` is False if PostgreSQL had the release already."""

    release_id: str
    rows: int
    seconds: float
    is_new: bool


@dataclass(frozen=True)
class Status:
    """Ids of the releases that PostgreSQL and the warehouse have; None = none."""

    in_postgres: str | None
    current: str | None

    @property
    def is_current(self) -> bool:
        """True if PostgreSQL has the current release."""
        return self.in_postgres == self.current


def sync(warehouse: Warehouse, target: Target, *, force: bool = False) -> SyncReport:
    """Bring the current release to PostgreSQL; `force` does so even where it is there already.

    Raises:
        PostgresError: PostgreSQL keeps the release that it had. What may remain unsaid is the
            outcome of a commit during which the connection broke; `status` tells it.
        ReleaseError: there is no current release, or it is damaged.
    """
    start = time.monotonic()
    with transaction(target) as connection:
        wait_for_turn(connection, target)
        release, manifest = _current(warehouse)
        sha256 = manifest.files[DATABASE_FILE].sha256
        is_new = force or _published(connection, target) != (manifest.release_id, sha256)
        if is_new:
            _replace(connection, release, target, manifest, sha256)
    rows = sum(table.rows for table in manifest.tables.values())
    return SyncReport(manifest.release_id, rows, time.monotonic() - start, is_new)


def status(warehouse: Warehouse, target: Target) -> Status:
    """The release that PostgreSQL has, and the current one.

    Raises:
        PostgresError: PostgreSQL cannot be reached.
    """
    with transaction(target) as connection:
        published = _published(connection, target)
    return Status(published[0] if published else None, current_release_id(warehouse))


def wait_for_turn(connection: psycopg.Connection, target: Target) -> None:
    """Exclude other synchronisations of the same schemas until the transaction ends.

    Raises:
        PostgresError: another one is still at work after the target's patience.
    """
    try:
        connection.execute(f"set local lock_timeout = {target.patience * 1000:.0f}")
        connection.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{FRESH}{target.prefix}"]
        )
        connection.execute("set local lock_timeout = 0")
    except psycopg.errors.LockNotAvailable as error:
        raise PostgresAwayError(
            "Another synchronisation with this database is running. Try again when it has ended."
        ) from error


def _current(warehouse: Warehouse) -> tuple[Path, Manifest]:
    current = current_release_id(warehouse)
    if current is None:
        raise ReleaseError(f"There is no release in {warehouse.root}. Run `funnel build` first.")
    folder = warehouse.releases_dir / current
    return folder, verify(folder)


def _published(connection: psycopg.Connection, target: Target) -> tuple[str, str] | None:
    relation = sql.Identifier(f"{target.prefix}marts", RELEASE_TABLE)
    found = connection.execute("select to_regclass(%s)", [relation.as_string(connection)])
    if found.fetchone() == (None,):
        return None
    query = sql.SQL("select release_id, sha256 from {}").format(relation)
    return connection.execute(query).fetchone()


def _replace(
    connection: psycopg.Connection,
    folder: Path,
    target: Target,
    manifest: Manifest,
    sha256: str,
) -> None:
    fresh = {
        f"{FRESH}{target.prefix}{schema}": f"{target.prefix}{schema}"
        for schema in PUBLISHED_SCHEMAS
    }
    refuse_foreign(connection, list(fresh.values()))
    for name in fresh:
        create = sql.SQL("create schema {}; comment on schema {} is {}")
        schema = sql.Identifier(name)
        connection.execute(create.format(schema, schema, f"{OWN}release {manifest.release_id}."))
    with duckdb.connect(str(folder / DATABASE_FILE), read_only=True) as release:
        release.execute("set timezone = 'UTC'")  # how moments with a zone are written
        for name, table in manifest.tables.items():
            schema_name = f"{FRESH}{target.prefix}{name.split('.', 1)[0]}"
            load_table(connection, release, schema_name, name, table)
        for schema_name in PUBLISHED_SCHEMAS:
            add_comments(connection, release, f"{FRESH}{target.prefix}{schema_name}", schema_name)
        marts = f"{FRESH}{target.prefix}marts"
        load_release_row(connection, release, marts, manifest, sha256)
    if role_exists(connection, target.reader):
        grant_read(connection, list(fresh), target.reader)
    swap(connection, fresh, target.patience)
