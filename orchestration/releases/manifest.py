"""The manifest of a release, and its verification."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from pydantic import BaseModel, ConfigDict, ValidationError

from orchestration.releases.errors import ReleaseError
from orchestration.warehouse.work_database import Checks

MANIFEST_FILE = "manifest.json"


class Record(BaseModel):
    """Immutable record in a file."""

    model_config = ConfigDict(frozen=True)


class Provenance(Record):
    """Provenance of a release. `as_of` is UTC.

    `rules` has the checksum of each seed and of the yml of each source, and the value of each
    var, `code` the checksum of models and macros; `is_pinned` says that `as_of` was given and not
    derived from the data.
    """

    project_version: str
    git_commit: str | None = None
    sources: tuple[str, ...] = ()
    as_of: datetime | None = None
    is_pinned: bool = False
    code: str | None = None
    rules: dict[str, str] = {}


class PublishedTable(Record):
    """Size of a published table; `columns` gives each column's type, in order.

    `key` names the columns that identify a row; empty where the model declares none.
    """

    rows: int
    columns: dict[str, str]
    key: tuple[str, ...] = ()


class PublishedFile(Record):
    """Size and checksum of a file of a release."""

    bytes: int
    sha256: str


class Manifest(Record):
    """Contents and checksums of a release; unaudited without `checks`."""

    release_id: str
    created_at: datetime
    duckdb_version: str
    provenance: Provenance
    tables: dict[str, PublishedTable]
    files: dict[str, PublishedFile]
    checks: Checks | None = None


def write_manifest(
    folder: Path,
    release_id: str,
    tables: dict[str, PublishedTable],
    provenance: Provenance,
    checks: Checks | None = None,
) -> Manifest:
    """Describe the folder's files and tables in its `manifest.json`."""
    manifest = Manifest(
        release_id=release_id,
        created_at=datetime.now(UTC),
        duckdb_version=duckdb.__version__,
        provenance=provenance,
        tables=tables,
        files={path.name: describe(path) for path in sorted(folder.iterdir())},
        checks=checks,
    )
    (folder / MANIFEST_FILE).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return manifest


def verify(folder: Path) -> Manifest:
    """The manifest of a release, after every file was held against it.

    Raises:
        ReleaseError: the manifest cannot be read, or a file is missing or differs.
    """
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST_FILE).read_bytes())
        damaged = [name for name, file in manifest.files.items() if describe(folder / name) != file]
    except (OSError, ValidationError) as error:
        raise ReleaseError(f"Release {folder.name} is damaged: {error}") from error
    if damaged:
        raise ReleaseError(
            f"Release {folder.name} is damaged: {', '.join(damaged)} differs from the checksum in "
            f"{folder / MANIFEST_FILE}. Choose another release (`funnel releases`) or build again."
        )
    return manifest


def manifest_or_none(folder: Path) -> Manifest | None:
    """The manifest of a release; None where it cannot be read."""
    try:
        return Manifest.model_validate_json((folder / MANIFEST_FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def describe(path: Path) -> PublishedFile:
    """Size and checksum of a file."""
    with path.open("rb") as file:
        return PublishedFile(
            bytes=path.stat().st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest()
        )
