"""Releases: checked copies of the marts that readers get, each in a folder of its own."""

from orchestration.publishing.comparing import (
    ColumnChange,
    MetricChange,
    ReleaseDiff,
    TableChange,
    diff,
)
from orchestration.publishing.copying import PUBLISHED_SCHEMAS
from orchestration.publishing.errors import PublishError, ReleaseError
from orchestration.publishing.listing import ListedRelease, ReleaseChanges, list_releases
from orchestration.publishing.manifest import (
    Checks,
    Manifest,
    Provenance,
    PublishedTable,
    verify,
)
from orchestration.publishing.publication import publish
from orchestration.publishing.shelf import (
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
    "Checks",
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
