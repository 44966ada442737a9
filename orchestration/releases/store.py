"""The releases that stand on disk: which there are, which is current, which go."""

import os
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from orchestration.releases.errors import ReleaseError
from orchestration.releases.manifest import Manifest, manifest_or_none, verify
from orchestration.warehouse.paths import Warehouse

UNFINISHED_PREFIX = ".tmp-"
CURRENT, PREVIOUS = "current", "previous"
"""Names that stand for the release that readers get, and the one before it."""
RELEASE_ID_FORMAT = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True)
class Release:
    """A release in the warehouse; `manifest` is None where it cannot be read."""

    release_id: str
    is_current: bool
    manifest: Manifest | None


def releases(warehouse: Warehouse) -> list[Release]:
    """The releases, oldest first."""
    current = current_release_id(warehouse)
    return [
        Release(
            release_id=release_id,
            is_current=release_id == current,
            manifest=manifest_or_none(warehouse.releases_dir / release_id),
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


def current_release(warehouse: Warehouse) -> Release | None:
    """The release that readers get; None before the first publication."""
    return next((release for release in releases(warehouse) if release.is_current), None)


def next_release_id(now: datetime, existing: Sequence[str]) -> str:
    """An id that sorts after every existing one, even where the clock went back."""
    moments = [moment for moment in map(_moment, existing) if moment is not None]
    following = max((moment + timedelta(microseconds=1) for moment in moments), default=now)
    return max(now, following).strftime(RELEASE_ID_FORMAT)


def resolve_id(warehouse: Warehouse, name: str) -> str:
    """Id of a release, given as that, as a beginning of it, as `current` or as `previous`.

    Raises:
        ReleaseError: no release or several go by that name.
    """
    if name == PREVIOUS:
        return _previous(warehouse)
    ids = release_ids(warehouse)
    wanted = current_release_id(warehouse) or CURRENT if name == CURRENT else name
    found = [release_id for release_id in ids if release_id.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    raise ReleaseError(
        f"There {'are several releases' if found else 'is no release'} {name} in "
        f"{warehouse.releases_dir}. Releases: {', '.join(found or ids) or 'none'}."
    )


def resolve_release(warehouse: Warehouse, name: str) -> Manifest:
    """The manifest of the release that `resolve_id` finds.

    Raises:
        ReleaseError: it is not there, or its manifest cannot be read.
    """
    release_id = resolve_id(warehouse, name)
    manifest = manifest_or_none(warehouse.releases_dir / release_id)
    if manifest is None:
        raise ReleaseError(
            f"Release {release_id} is damaged: its manifest cannot be read. "
            "Choose another release (`funnel releases`) or build again."
        )
    return manifest


def rollback(warehouse: Warehouse, to: str | None = None) -> Manifest:
    """Make the release `to` current again (`resolve_id`); None is the one before the current one.

    Raises:
        ReleaseError: there is no such release, or its files do not match its manifest.
    """
    assert_switchable(warehouse)
    target = resolve_id(warehouse, to or PREVIOUS)
    if target == current_release_id(warehouse):
        raise ReleaseError(f"Release {target} is already the current one.")
    manifest = verify(warehouse.releases_dir / target)
    flip(warehouse, target)
    return manifest


def sweep(warehouse: Warehouse) -> None:
    """Remove what killed publications left, and releases that a rollback withdrew."""
    for unfinished in warehouse.releases_dir.glob(f"{UNFINISHED_PREFIX}*"):
        shutil.rmtree(unfinished)
    if current := current_release_id(warehouse):
        for release_id in release_ids(warehouse):
            if release_id > current:
                remove(warehouse.releases_dir / release_id)


def assert_switchable(warehouse: Warehouse) -> None:
    """See that `current` is a link, or not there yet.

    Where a copy of the warehouse made a folder of it, a publication could not switch it, and would
    leave a release behind each time that no reader gets and nothing removes.

    Raises:
        ReleaseError: it is something else.
    """
    current = warehouse.current
    if current.exists() and not current.is_symlink():
        moved = shlex.quote(f"{current}.copied")
        raise ReleaseError(
            f"{current} is not a link to a release, so it cannot be switched (copied without its "
            f"links?). Move it away with `mv {shlex.quote(str(current))} {moved}`, then run "
            "`funnel publish` or `funnel rollback`; afterwards the moved copy can go."
        )


def finish(unfinished: Path, release: Path) -> None:
    """Give a whole release its name."""
    unfinished.rename(release)
    sync(release.parent)


def flip(warehouse: Warehouse, release_id: str) -> None:
    """Point `current` at a release, in one step: a reader finds the old one or the new one."""
    link = warehouse.root / f"{UNFINISHED_PREFIX}current"
    link.unlink(missing_ok=True)
    link.symlink_to(Path(warehouse.releases_dir.name) / release_id)
    link.replace(warehouse.current)
    sync(warehouse.root)


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


def sync(path: Path) -> None:
    """Wait until a file or folder is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def moment_of(release_id: str) -> datetime:
    """The moment (UTC) that the id of a release says.

    Raises:
        ValueError: it is no such id.
    """
    return datetime.strptime(release_id, RELEASE_ID_FORMAT).replace(tzinfo=UTC)


def _moment(release_id: str) -> datetime | None:
    try:
        moment = moment_of(release_id)
    except ValueError:
        return None
    return moment if moment.strftime(RELEASE_ID_FORMAT) == release_id else None
