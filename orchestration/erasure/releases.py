"""Releases without the erased persons, each rewritten and put in the place of the old one."""

import os
import shutil
from pathlib import Path

import duckdb

from orchestration.erasure.errors import ErasureError
from orchestration.erasure.pseudonyms import equip
from orchestration.erasure.register import Register
from orchestration.erasure.release_tables import (
    OLD,
    find_persons,
    tables_of_release,
    without_persons,
)
from orchestration.releases.copy import check_copy, copy_comments, export_parquet
from orchestration.releases.manifest import MANIFEST_FILE, Manifest, describe, verify
from orchestration.releases.publication import seal
from orchestration.releases.store import current_release_id, flip, release_ids, remove, sync
from orchestration.sql import identifier, literal
from orchestration.warehouse.paths import DATABASE_FILE, Warehouse

REWRITTEN_PREFIX = ".erased-"


def rewrite_releases(warehouse: Warehouse, register: Register) -> None:
    """Rewrite every release that holds an erased person. Who has one open keeps reading it.

    Raises:
        ErasureError: a release cannot be read, so nobody can say whom it holds.
    """
    resume(warehouse)
    for release_id in release_ids(warehouse):
        release = warehouse.releases_dir / release_id
        rewritten = warehouse.releases_dir / f"{REWRITTEN_PREFIX}{release_id}"
        try:
            if _rewrite(release, rewritten, register):
                _put_in_place(warehouse, release_id)
        except duckdb.Error as error:
            raise ErasureError(
                f"Release {release_id} cannot be read, so it may still hold the person: "
                f"{str(error).splitlines()[0]}\n"
                f"Remove the folder {release}, and build again."
            ) from error


def resume(warehouse: Warehouse) -> None:
    """Finish what a kill interrupted between two releases."""
    for rewritten in warehouse.releases_dir.glob(f"{REWRITTEN_PREFIX}*"):
        release_id = rewritten.name.removeprefix(REWRITTEN_PREFIX)
        is_read = warehouse.current.is_symlink() and warehouse.current.readlink().name == (
            rewritten.name
        )
        if is_read or not (warehouse.releases_dir / release_id).exists():
            _put_in_place(warehouse, release_id)
        else:
            shutil.rmtree(rewritten)


def _put_in_place(warehouse: Warehouse, release_id: str) -> None:
    """Exchange a release for its rewritten copy; `current` leads to a whole release throughout."""
    release = warehouse.releases_dir / release_id
    rewritten = warehouse.releases_dir / f"{REWRITTEN_PREFIX}{release_id}"
    if current_release_id(warehouse) in (release_id, rewritten.name):
        flip(warehouse, rewritten.name)
        if release.exists():
            remove(release)
        linked = warehouse.releases_dir / f".tmp-linked-{release_id}"
        shutil.rmtree(linked, ignore_errors=True)
        shutil.copytree(rewritten, linked, copy_function=os.link)
        sync(linked)
        linked.rename(release)
        flip(warehouse, release_id)
        shutil.rmtree(rewritten)
    else:
        if release.exists():
            remove(release)
        rewritten.rename(release)
    sync(warehouse.releases_dir)


def _rewrite(release: Path, rewritten: Path, register: Register) -> bool:
    """Write `rewritten`, a whole release, if `release` holds an erased person."""
    assert register.key is not None
    with duckdb.connect(
        config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    ) as connection:
        equip(connection, register.key, register.tombstones)
        connection.execute(f"attach {literal(str(release / DATABASE_FILE))} as {OLD} (read_only)")
        tables = tables_of_release(connection)
        if not find_persons(connection, tables):
            return False
        manifest = verify(release)
        shutil.rmtree(rewritten, ignore_errors=True)
        rewritten.mkdir()
        connection.execute(f"attach {literal(str(rewritten / DATABASE_FILE))} as release")
        for schema in dict.fromkeys(table.schema for table in tables):
            connection.execute(f"create schema release.{identifier(schema)}")
        for table in tables:
            connection.execute(
                f"create table release.{identifier(table.schema)}.{identifier(table.name)} as "
                + without_persons(connection, table)
            )
        copy_comments(connection, OLD)
        connection.execute("checkpoint release")
        connection.execute("detach release")
    _finish(release, rewritten, manifest)
    return True


def _finish(release: Path, rewritten: Path, manifest: Manifest) -> None:
    check_copy(rewritten / DATABASE_FILE, manifest.tables)
    if any(name.endswith(".parquet") for name in manifest.files):
        export_parquet(rewritten / DATABASE_FILE, manifest.tables)
    described = manifest.model_copy(
        update={"files": {path.name: describe(path) for path in sorted(rewritten.iterdir())}}
    )
    (rewritten / MANIFEST_FILE).write_text(
        described.model_dump_json(indent=2) + "\n", encoding="utf-8"
    )
    missing = set(manifest.files) - set(described.files)
    if missing:
        raise ErasureError(
            f"{release} has files that an erasure cannot rewrite ({', '.join(sorted(missing))}). "
            "Remove the release, and build again."
        )
    seal(rewritten)
