"""Publication: a checked copy of the marts in a folder of its own, then one flip of `current`.

The order of effects makes a kill at any moment harmless:

1. everything is written under `releases/.tmp-<id>`, counted, hashed and synced to disk;
2. the folder is renamed to `releases/<id>`, a whole release that nobody reads yet;
3. `current` is flipped: from here on it is published;
4. releases beyond the last `keep` are removed.

So a release newer than `current` was either never reached by a reader (killed between 2 and 3) or
withdrawn by a rollback. The next publication removes it, as it removes `.tmp-*`: what stays is what
readers saw, in its order. Without a link `current` no release is removed.

Whoever calls `publish` or `rollback` holds the warehouse's lock (`orchestration.locking`).
"""

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
from pydantic import BaseModel, ConfigDict, ValidationError

from orchestration.errors import FunnelError
from orchestration.warehouse import DATABASE_FILE, Warehouse

PUBLISHED_SCHEMAS = ("core", "marts")
MANIFEST_FILE = "manifest.json"
UNFINISHED_PREFIX = ".tmp-"
RELEASE_ID_FORMAT = "%Y%m%dT%H%M%S.%fZ"


class PublishError(FunnelError):
    """Nothing was published; the current release stays as it is."""


class ReleaseError(FunnelError):
    """A release is not there, or is not what its manifest says."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class Provenance(_Record):
    """What a release was made from. `as_of` is UTC."""

    project_version: str
    git_commit: str | None = None
    sources: tuple[str, ...] = ()
    as_of: datetime | None = None


class PublishedTable(_Record):
    """Size of a published table; `columns` gives each column's type, in order."""

    rows: int
    columns: dict[str, str]


class PublishedFile(_Record):
    """Size and checksum of a file of a release."""

    bytes: int
    sha256: str


class Manifest(_Record):
    """What a release holds, and how to tell that it still does."""

    release_id: str
    created_at: datetime
    duckdb_version: str
    provenance: Provenance
    tables: dict[str, PublishedTable]
    files: dict[str, PublishedFile]


@dataclass(frozen=True)
class Release:
    """A release in the warehouse; `manifest` is None where it cannot be read."""

    release_id: str
    is_current: bool
    manifest: Manifest | None


def publish(
    warehouse: Warehouse, *, keep: int, provenance: Provenance, parquet: bool = False
) -> Manifest:
    """Publish the work database's `core` and `marts`, and keep the last `keep` releases.

    Raises:
        PublishError: nothing was published.
    """
    release_id = next_release_id(datetime.now(UTC), release_ids(warehouse))
    sweep(warehouse)
    unfinished = warehouse.releases_dir / f"{UNFINISHED_PREFIX}{release_id}"
    unfinished.mkdir(parents=True)
    try:
        tables = copy_tables(warehouse.work_database, unfinished / DATABASE_FILE)
        check_copy(unfinished / DATABASE_FILE, tables)
        if parquet:
            export_parquet(unfinished / DATABASE_FILE, tables)
        manifest = write_manifest(unfinished, release_id, tables, provenance)
        seal(unfinished)
        finish(unfinished, warehouse.releases_dir / release_id)
    except duckdb.Error as error:
        raise PublishError(f"Nothing was published: {error}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    flip(warehouse, release_id)
    prune(warehouse, keep)
    return manifest


def rollback(warehouse: Warehouse, to: str | None = None) -> Manifest:
    """Make the release `to` current again; None is the one before the current one.

    Raises:
        ReleaseError: there is no such release, or its files do not match its manifest.
    """
    target = to or _previous(warehouse)
    if target == current_release_id(warehouse):
        raise ReleaseError(f"Release {target} is the current one already.")
    if target not in release_ids(warehouse):
        raise ReleaseError(
            f"There is no release {target} in {warehouse.releases_dir}. "
            f"Releases: {', '.join(release_ids(warehouse)) or 'none'}."
        )
    manifest = verify(warehouse.releases_dir / target)
    flip(warehouse, target)
    return manifest


def releases(warehouse: Warehouse) -> list[Release]:
    """The releases, oldest first."""
    current = current_release_id(warehouse)
    return [
        Release(
            release_id=release_id,
            is_current=release_id == current,
            manifest=_manifest_or_none(warehouse.releases_dir / release_id),
        )
        for release_id in release_ids(warehouse)
    ]


def release_ids(warehouse: Warehouse) -> list[str]:
    """Ids of the finished releases, oldest first; other folders are left alone."""
    if not warehouse.releases_dir.is_dir():
        return []
    return sorted(
        path.name for path in warehouse.releases_dir.iterdir() if _moment(path.name) is not None
    )


def current_release_id(warehouse: Warehouse) -> str | None:
    """Id of the release that readers get; None before the first publication."""
    return warehouse.current.readlink().name if warehouse.current.is_symlink() else None


def next_release_id(now: datetime, existing: Sequence[str]) -> str:
    """An id that sorts after every existing one, even where the clock went back."""
    moments = [moment for moment in map(_moment, existing) if moment is not None]
    following = max((moment + timedelta(microseconds=1) for moment in moments), default=now)
    return max(now, following).strftime(RELEASE_ID_FORMAT)


def verify(folder: Path) -> Manifest:
    """The manifest of a release, after every file was held against it.

    Raises:
        ReleaseError: the manifest cannot be read, or a file is missing or differs.
    """
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST_FILE).read_bytes())
        damaged = [
            name for name, file in manifest.files.items() if _describe(folder / name) != file
        ]
    except (OSError, ValidationError) as error:
        raise ReleaseError(f"Release {folder.name} is damaged: {error}") from error
    if damaged:
        raise ReleaseError(
            f"Release {folder.name} is damaged: {', '.join(damaged)} differs from the checksum in "
            f"{folder / MANIFEST_FILE}. Choose another release (`funnel releases`) or build anew."
        )
    return manifest


def sweep(warehouse: Warehouse) -> None:
    """Remove what killed publications left, and releases that a rollback withdrew."""
    for unfinished in warehouse.releases_dir.glob(f"{UNFINISHED_PREFIX}*"):
        shutil.rmtree(unfinished)
    if current := current_release_id(warehouse):
        for release_id in release_ids(warehouse):
            if release_id > current:
                remove(warehouse.releases_dir / release_id)


def copy_tables(work_database: Path, database: Path) -> dict[str, PublishedTable]:
    """Copy the published schemas into the new file `database`; a view becomes a table.

    A copy by query, not of the file: it leaves the work schemas and the file's dead space behind,
    and opening the work file outside DuckDB would drop the lock that DuckDB holds on it.
    """
    if not work_database.is_file():
        raise PublishError(f"There is no work database {work_database}. Run `funnel build` first.")
    spill = database.with_suffix(".spill")
    # The work file keeps its own name as catalog, so that the text of its views resolves.
    work = work_database.stem
    with _engine() as connection:
        connection.execute(f"set temp_directory = {_text(spill)}")
        connection.execute(f"attach {_text(work_database)} as {_name(work)} (read_only)")
        connection.execute(f"attach {_text(database)} as release")
        for schema in PUBLISHED_SCHEMAS:
            connection.execute(f"create schema release.{_name(schema)}")
        tables = {
            f"{schema}.{table}": copy_table(connection, work, schema, table)
            for schema, table in _published_relations(connection, work)
        }
        connection.execute("checkpoint release")
    shutil.rmtree(spill, ignore_errors=True)
    if not tables:
        raise PublishError(
            f"{work_database} has no table in the schemas {' and '.join(PUBLISHED_SCHEMAS)}. "
            "Run `funnel build` first."
        )
    return tables


def copy_table(
    connection: duckdb.DuckDBPyConnection, work: str, schema: str, table: str
) -> PublishedTable:
    """Copy one relation of the catalog `work` into the catalog `release`; its size there."""
    source = f"{_name(work)}.{_name(schema)}.{_name(table)}"
    connection.execute(f"create table release.{_name(schema)}.{_name(table)} as from {source}")
    columns = connection.execute(f"describe {source}").fetchall()
    return PublishedTable(
        rows=_count(connection, source),
        columns={name: data_type for name, data_type, *_ in columns},
    )


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
            rows = _count(connection, _qualified(name))
            if rows != table.rows:
                raise PublishError(
                    f"Nothing was published: {name} has {table.rows} rows in the work database, "
                    f"{rows} in the copy."
                )


def export_parquet(database: Path, tables: Mapping[str, PublishedTable]) -> None:
    """Write one `<schema>.<table>.parquet` (zstd) per table beside the database file."""
    with duckdb.connect(str(database), read_only=True) as connection:
        for name in tables:
            target = _text(database.with_name(f"{name}.parquet"))
            connection.execute(
                f"copy (from {_qualified(name)}) to {target} (format parquet, compression zstd)"
            )


def write_manifest(
    folder: Path, release_id: str, tables: dict[str, PublishedTable], provenance: Provenance
) -> Manifest:
    """Describe the folder's files and tables in its `manifest.json`."""
    manifest = Manifest(
        release_id=release_id,
        created_at=datetime.now(UTC),
        duckdb_version=duckdb.__version__,
        provenance=provenance,
        tables=tables,
        files={path.name: _describe(path) for path in sorted(folder.iterdir())},
    )
    (folder / MANIFEST_FILE).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return manifest


def seal(folder: Path) -> None:
    """Make the files read-only and wait until they are on disk."""
    for path in folder.iterdir():
        path.chmod(0o444)
        _sync(path)
    _sync(folder)


def finish(unfinished: Path, release: Path) -> None:
    """Give a whole release its name."""
    unfinished.rename(release)
    _sync(release.parent)


def flip(warehouse: Warehouse, release_id: str) -> None:
    """Point `current` at a release, in one step: a reader finds the old one or the new one."""
    link = warehouse.root / f"{UNFINISHED_PREFIX}current"
    link.unlink(missing_ok=True)
    link.symlink_to(Path(warehouse.releases_dir.name) / release_id)
    link.replace(warehouse.current)
    _sync(warehouse.root)


def prune(warehouse: Warehouse, keep: int) -> None:
    """Remove all but the last `keep` releases; who has one open keeps reading it."""
    for release_id in release_ids(warehouse)[:-keep]:
        remove(warehouse.releases_dir / release_id)


def remove(release: Path) -> None:
    """Remove a release; killed half-way, it no longer counts as one."""
    doomed = release.with_name(f"{UNFINISHED_PREFIX}{release.name}")
    release.rename(doomed)
    shutil.rmtree(doomed)


def _previous(warehouse: Warehouse) -> str:
    current = current_release_id(warehouse)
    earlier = [release_id for release_id in release_ids(warehouse) if release_id < (current or "")]
    if not earlier:
        raise ReleaseError(f"There is no release before the current one ({current or 'none'}).")
    return earlier[-1]


def _manifest_or_none(folder: Path) -> Manifest | None:
    try:
        return Manifest.model_validate_json((folder / MANIFEST_FILE).read_bytes())
    except (OSError, ValidationError):
        return None


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
        where table_catalog = {_text(catalog)}
            and table_schema in ({", ".join(map(_text, PUBLISHED_SCHEMAS))})
        order by table_schema, table_name
        """
    ).fetchall()


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = connection.execute(f"select count(*) from {relation}").fetchone()
    return int(row[0]) if row else 0


def _describe(path: Path) -> PublishedFile:
    with path.open("rb") as file:
        return PublishedFile(
            bytes=path.stat().st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest()
        )


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _moment(release_id: str) -> datetime | None:
    try:
        moment = datetime.strptime(release_id, RELEASE_ID_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment if moment.strftime(RELEASE_ID_FORMAT) == release_id else None


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _qualified(name: str) -> str:
    schema, table = name.split(".", 1)
    return f"{_name(schema)}.{_name(table)}"


def _text(value: str | Path) -> str:
    return "'" + str(value).replace("'", "''") + "'"
