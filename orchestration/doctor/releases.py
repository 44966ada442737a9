"""Check that the releases are intact, and that killed runs left nothing behind."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import duckdb

from orchestration.doctor.finding import Finding, Subject, error, fine, warning
from orchestration.releases import (
    UNFINISHED_PREFIX,
    ReleaseError,
    current_release_id,
    release_ids,
    releases,
    verify,
)
from orchestration.warehouse.paths import Warehouse


def check_current(subject: Subject) -> Iterator[Finding]:
    """The link `current` leads to a release that opens."""
    warehouse = subject.warehouse
    current = warehouse.current
    if not release_ids(warehouse) and not current.is_symlink():
        yield warning("current", "Nothing is published yet.", "funnel build")
        return
    if current.exists() and not current.is_symlink():
        yield error(
            "current",
            f"{current} is not a link, so it cannot be switched (copied without its links?).",
            f"mv {shlex.quote(str(current))} {shlex.quote(f'{current}.copied')} && "
            f"{_back_to_a_whole_release(warehouse)}",
        )
    elif current_release_id(warehouse) not in release_ids(warehouse):
        yield error(
            "current",
            f"{current} leads to no release: readers get nothing.",
            _back_to_a_whole_release(warehouse),
        )
    else:
        try:
            duckdb.connect(str(warehouse.current_database), read_only=True).close()
        except duckdb.Error as problem:
            yield error(
                "current",
                f"{warehouse.current_database} does not open: {str(problem).splitlines()[0]}",
                _back_to_a_whole_release(warehouse),
            )
        else:
            yield fine("current", f"Readers get release {current_release_id(warehouse)}.")


def check_releases(subject: Subject) -> Iterator[Finding]:
    """Every release is as its manifest says, byte by byte."""
    warehouse = subject.warehouse
    current = current_release_id(warehouse)
    damaged = _damages(warehouse)
    for release_id, why in damaged.items():
        if release_id == current:
            yield error(
                "releases", f"Readers get it. {why}", _back_to_a_whole_release(warehouse, damaged)
            )
        else:
            yield warning(
                "releases",
                why,
                f"rm -r {shlex.quote(str(warehouse.releases_dir / release_id))} (no reader has it)",
            )
    whole = len(release_ids(warehouse)) - len(damaged)
    if whole:
        yield fine("releases", f"{whole} release(s) match their manifests.")


def check_versions(subject: Subject) -> Iterator[Finding]:
    """The installed DuckDB is not older than the one that wrote the releases."""
    wrote = [
        release.manifest.duckdb_version
        for release in releases(subject.warehouse)
        if release.manifest
    ]
    newest = max(wrote, key=_numbers, default=duckdb.__version__)
    if _numbers(newest) > _numbers(duckdb.__version__):
        yield error(
            "versions",
            f"Releases were written by DuckDB {newest}; {duckdb.__version__} is installed and may "
            "not read them.",
            "pip install --require-hashes -r requirements/run.txt (the project's pinned versions)",
        )
    else:
        yield fine("versions", f"DuckDB {duckdb.__version__} reads every release.")


def check_leftovers(subject: Subject) -> Iterator[Finding]:
    """Leftovers of killed runs, and of a restore."""
    warehouse = subject.warehouse
    unfinished = [
        path
        for folder in (warehouse.root, warehouse.releases_dir)
        for path in folder.glob(f"{UNFINISHED_PREFIX}*")
    ]
    if unfinished:
        yield warning(
            "leftovers",
            f"A killed run left {', '.join(path.name for path in unfinished)}.",
            "funnel publish (or the next build) removes them",
        )
    if warehouse.replaced_dir.exists():
        yield warning(
            "leftovers",
            "A restore was not completed; the previous work database is in "
            f"{warehouse.replaced_dir}.",
            "funnel restore",
        )


def _damages(warehouse: Warehouse) -> dict[str, str]:
    """Reasons why releases are not intact, for those that are not."""
    return {
        release_id: damage
        for release_id in release_ids(warehouse)
        if (damage := _damage(warehouse.releases_dir / release_id))
    }


def _damage(release: Path) -> str | None:
    try:
        verify(release)
    except ReleaseError as problem:
        # a publication may remove a release while it is read here
        return str(problem) if release.exists() else None
    return None


def _back_to_a_whole_release(warehouse: Warehouse, damaged: dict[str, str] | None = None) -> str:
    damages = _damages(warehouse) if damaged is None else damaged
    current = current_release_id(warehouse)
    whole = [
        release_id
        for release_id in release_ids(warehouse)
        if release_id != current and release_id not in damages
    ]
    return f"funnel rollback --to {whole[-1]}" if whole else "funnel build"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
