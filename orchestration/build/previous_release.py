"""The current release as a build starts, kept in the work database for models to compare with.

The schema `published` of the work database holds the values, members and files of the current
release and the restatements that it knew, so that `mart_restatements` can say what has moved since
and why. The tables are declared in `models/published/_published__sources.yml`.
"""

from pathlib import Path

import duckdb

from orchestration.build.provenance import changed_rules, is_code_changed
from orchestration.contract import PROJECT_DIR
from orchestration.declarations import PublishedSource, published_sources
from orchestration.releases import Manifest, Provenance, current_release
from orchestration.sql import identifier, literal, qualified
from orchestration.warehouse.paths import DATABASE_FILE, Warehouse

SCHEMA = "published"
BUILD_TABLE = f"{SCHEMA}.build"
RELEASE = "release"
"""The release that readers have, as the catalog of its database while it is copied from."""


def record(
    warehouse: Warehouse,
    provenance: Provenance,
    *,
    with_release: bool = True,
    memory: str | None = None,
    project_dir: Path = PROJECT_DIR,
) -> str | None:
    """Rewrite the schema: what this build is made from and, if asked, what readers have.

    `memory` limits what DuckDB holds meanwhile (`7GB`); None leaves that to DuckDB. Returns a
    notice where the current release cannot be read: the history starts again then.
    """
    release = current_release(warehouse) if with_release else None
    with duckdb.connect(str(warehouse.work_database)) as connection:
        if memory:
            connection.execute(f"set memory_limit = {literal(memory)}")
        _begin(connection, provenance)
        if release is None:
            return None
        if release.manifest is None:
            return _lost(release.release_id, "its manifest cannot be read")
        database = warehouse.releases_dir / release.release_id / DATABASE_FILE
        try:
            connection.execute(f"attach {literal(str(database))} as {RELEASE} (read_only)")
            _copy_release(connection, release.manifest, provenance, project_dir)
        except duckdb.Error as error:
            return _lost(release.release_id, str(error))
    return None


def recorded_provenance(work_database: Path) -> Provenance | None:
    """Provenance of the last build; None if it recorded none."""
    with duckdb.connect(str(work_database), read_only=True) as connection:
        try:
            row = connection.execute(f"select provenance from {BUILD_TABLE}").fetchone()
        except duckdb.CatalogException:
            return None
    return Provenance.model_validate_json(row[0]) if row else None


def _begin(connection: duckdb.DuckDBPyConnection, provenance: Provenance) -> None:
    made_from = literal(provenance.model_dump_json())
    connection.execute(
        f"""
        begin;
        drop schema if exists {SCHEMA} cascade;
        create schema {SCHEMA};
        create table {BUILD_TABLE} as select {made_from} as provenance;
        commit
        """
    )


def _copy_release(
    connection: duckdb.DuckDBPyConnection,
    manifest: Manifest,
    provenance: Provenance,
    project_dir: Path,
) -> None:
    connection.begin()
    try:
        for source in published_sources(project_dir):
            if source.copied_from:
                _copy(connection, source, source.copied_from)
            else:
                _describe(connection, source, manifest, provenance)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def _copy(connection: duckdb.DuckDBPyConnection, source: PublishedSource, copied_from: str) -> None:
    """Copy a table by the names of its columns: a release of an earlier version may lack some."""
    _create(connection, source)
    schema, name = copied_from.split(".")
    found = connection.execute(
        "select column_name from information_schema.columns "
        f"where table_catalog = {literal(RELEASE)} and table_schema = {literal(schema)} "
        f"and table_name = {literal(name)}"
    ).fetchall()
    held = ", ".join(identifier(column) for (column,) in found if column in source.columns)
    if held:
        connection.execute(
            f"insert into {SCHEMA}.{identifier(source.name)} by name "
            f"select {held} from {RELEASE}.{qualified(copied_from)}"
        )


def _describe(
    connection: duckdb.DuckDBPyConnection,
    source: PublishedSource,
    manifest: Manifest,
    provenance: Provenance,
) -> None:
    as_of = manifest.provenance.as_of
    described = {
        "release_id": manifest.release_id,
        "changed_rules": ", ".join(changed_rules(manifest.provenance, provenance)) or None,
        "is_code_changed": str(is_code_changed(manifest.provenance, provenance)),
        "as_of": as_of.isoformat(sep=" ") if as_of else None,
        "created_at": manifest.created_at.replace(tzinfo=None).isoformat(sep=" "),
    }
    _create(connection, source)
    values = ", ".join(
        f"{'null' if value is None else literal(value)} as {name}"
        for name, value in described.items()
    )
    connection.execute(f"insert into {SCHEMA}.{identifier(source.name)} by name select {values}")


def _create(connection: duckdb.DuckDBPyConnection, source: PublishedSource) -> None:
    columns = ", ".join(f"{identifier(name)} {kind}" for name, kind in source.columns.items())
    connection.execute(f"create table {SCHEMA}.{identifier(source.name)} ({columns})")


def _lost(release_id: str, reason: str) -> str:
    return (
        f"Release {release_id} cannot be compared with, so this build finds no restatements and "
        f"forgets earlier ones: {reason}"
    )
