"""Releases: checked copies of the marts that readers get, each in a folder of its own."""

from orchestration.releases.comparison import (
    ColumnChange,
    MetricChange,
    ReleaseDiff,
    TableChange,
    diff,
)
from orchestration.releases.copy import PUBLISHED_SCHEMAS
from orchestration.releases.errors import PublishError, ReleaseError
from orchestration.releases.listing import ListedRelease, ReleaseChanges, list_releases
from orchestration.releases.manifest import (
    Manifest,
    Provenance,
    PublishedTable,
    verify,
)
from orchestration.releases.publication import publish
from orchestration.releases.store import (
    RELEASE_ID_FORMAT,
    UNFINISHED_PREFIX,
    Release,
    current_release,
    current_release_id,
    moment_of,
    next_release_id,
    release_ids,
    releases,
    rollback,
)

__all__ = [
    "PUBLISHED_SCHEMAS",
    "RELEASE_ID_FORMAT",
    "UNFINISHED_PREFIX",
    "ColumnChange",
    "ListedRelease",
    "Manifest",
    "MetricChange",
    "Provenance",
    "PublishError",
    "PublishedTable",
    "Release",
    "ReleaseChanges",
    "ReleaseDiff",
    "ReleaseError",
    "TableChange",
    "current_release",
    "current_release_id",
    "diff",
    "list_releases",
    "moment_of",
    "next_release_id",
    "publish",
    "release_ids",
    "releases",
    "rollback",
    "verify",
]
