"""The list of releases, each with what changed since the one before it."""

from datetime import datetime
from itertools import pairwise

from pydantic import computed_field

from orchestration.releases.comparison import moved_metrics
from orchestration.releases.manifest import Manifest, PublishedTable, Record
from orchestration.releases.store import Release, releases
from orchestration.warehouse.paths import Warehouse
from orchestration.warehouse.work_database import Checks


class TableRows(Record):
    """Rows of a table in two releases; None where one of them has no such table."""

    before: int | None
    after: int | None


class ReleaseChanges(Record):
    """Changes of a release, from its manifest; `funnel diff` finds changed rows too.

    `metrics` counts the metric values that moved; None where they cannot be compared.
    """

    tables: dict[str, TableRows]
    columns: tuple[str, ...]
    metrics: int | None


class ListedRelease(Record):
    """A release as `funnel releases` shows it; `changes` is None for the first one.

    Where the manifest cannot be read (`is_readable`), nothing but the id is known.
    """

    release_id: str
    is_current: bool
    is_readable: bool
    created_at: datetime | None = None
    as_of: datetime | None = None
    is_pinned: bool = False
    git_commit: str | None = None
    tables: int = 0
    rows: int = 0
    bytes: int = 0
    checks: Checks | None = None
    changes: ReleaseChanges | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def row_change(self) -> int | None:
        """Rows gained since the release before; None for the first one."""
        if self.changes is None:
            return None
        return sum((t.after or 0) - (t.before or 0) for t in self.changes.tables.values())


def list_releases(warehouse: Warehouse) -> list[ListedRelease]:
    """The releases, oldest first."""
    found = releases(warehouse)
    earlier = [None, *found]
    return [
        _listed(warehouse, release, before.manifest if before else None)
        for before, release in pairwise(earlier)
        if release
    ]


def _listed(warehouse: Warehouse, release: Release, before: Manifest | None) -> ListedRelease:
    manifest = release.manifest
    if manifest is None:
        return ListedRelease(
            release_id=release.release_id, is_current=release.is_current, is_readable=False
        )
    return ListedRelease(
        release_id=release.release_id,
        is_current=release.is_current,
        is_readable=True,
        created_at=manifest.created_at,
        as_of=manifest.provenance.as_of,
        is_pinned=manifest.provenance.is_pinned,
        git_commit=manifest.provenance.git_commit,
        tables=len(manifest.tables),
        rows=sum(table.rows for table in manifest.tables.values()),
        bytes=sum(file.bytes for file in manifest.files.values()),
        checks=manifest.checks,
        changes=_changes(warehouse, before, manifest) if before else None,
    )


def _changes(warehouse: Warehouse, before: Manifest, after: Manifest) -> ReleaseChanges:
    names = sorted(before.tables.keys() | after.tables.keys())
    return ReleaseChanges(
        tables={
            name: rows
            for name in names
            if (rows := _rows(before.tables.get(name), after.tables.get(name))).before != rows.after
        },
        columns=tuple(
            name
            for name in sorted(before.tables.keys() & after.tables.keys())
            if before.tables[name].columns != after.tables[name].columns
        ),
        metrics=moved_metrics(warehouse, before, after),
    )


def _rows(before: PublishedTable | None, after: PublishedTable | None) -> TableRows:
    return TableRows(before=before.rows if before else None, after=after.rows if after else None)
