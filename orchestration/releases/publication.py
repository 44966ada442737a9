"""Publication: a checked copy of the marts in a folder of its own, then one flip of `current`.

The order of effects makes a kill at any moment harmless:

1. everything is written under `releases/.tmp-<id>`, counted, hashed and synced to disk;
2. the folder is renamed to `releases/<id>`, a whole release that nobody reads yet;
3. `current` is flipped: from here on it is published;
4. releases beyond the last `keep` are removed.

So a release newer than `current` was never reached by a reader (killed between 2 and 3, or put
beside the others because its build was pinned) or withdrawn by a rollback. The next publication
removes it, as it removes `.tmp-*`: what stays is what readers saw, in its order. Without a link
`current` no release is removed.

Whoever calls `publish` or `rollback` holds the warehouse's lock (`orchestration.warehouse.lock`).
"""

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import duckdb

from orchestration.releases.copy import check_copy, copy_tables, export_parquet
from orchestration.releases.errors import PublishError
from orchestration.releases.manifest import Manifest, Provenance, write_manifest
from orchestration.releases.store import (
    UNFINISHED_PREFIX,
    assert_switchable,
    finish,
    flip,
    next_release_id,
    prune,
    release_ids,
    sweep,
    sync,
)
from orchestration.warehouse.paths import DATABASE_FILE, Warehouse
from orchestration.warehouse.work_database import Checks


def publish(
    warehouse: Warehouse,
    *,
    keep: int,
    provenance: Provenance,
    keys: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    parquet: bool = False,
    make_current: bool = True,
    memory: str | None = None,
    checks: Checks | None = None,
) -> Manifest:
    """Publish the work database's `core` and `marts`, and keep the last `keep` releases.

    `keys` has the columns that identify a row of a table, by its name. Without `make_current` the
    release is put beside the others and readers keep theirs; it stays until the next publication.
    `memory` limits what DuckDB holds while it copies (`7GB`); None leaves that to DuckDB.

    Raises:
        PublishError: nothing was published.
        ReleaseError: nothing was published, as `current` is no link.
    """
    assert_switchable(warehouse)
    release_id = next_release_id(datetime.now(UTC), release_ids(warehouse))
    sweep(warehouse)
    unfinished = warehouse.releases_dir / f"{UNFINISHED_PREFIX}{release_id}"
    unfinished.mkdir(parents=True)
    try:
        database = unfinished / DATABASE_FILE
        tables = copy_tables(warehouse.work_database, database, keys, memory)
        check_copy(database, tables)
        if parquet:
            export_parquet(database, tables)
        manifest = write_manifest(unfinished, release_id, tables, provenance, checks)
        seal(unfinished)
        finish(unfinished, warehouse.releases_dir / release_id)
    except (duckdb.Error, OSError) as error:
        raise PublishError(f"Nothing was published: {error}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    if make_current:
        flip(warehouse, release_id)
        prune(warehouse, keep)
    return manifest


def seal(folder: Path) -> None:
    """Make the files read-only and wait until they are on disk."""
    for path in folder.iterdir():
        path.chmod(0o444)
        sync(path)
    sync(folder)
