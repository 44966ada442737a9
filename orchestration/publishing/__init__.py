"""Releases: checked copies of the marts that readers get, each in a folder of its own."""

from orchestration.publishing.copying import PUBLISHED_SCHEMAS
from orchestration.publishing.errors import PublishError, ReleaseError
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
    Release,
    current_release_id,
    next_release_id,
    release_ids,
    releases,
    rollback,
)

__all__ = [
    "PUBLISHED_SCHEMAS",
    "RELEASE_ID_FORMAT",
    "Checks",
    "Manifest",
    "Provenance",
    "PublishError",
    "PublishedTable",
    "Release",
    "ReleaseError",
    "current_release_id",
    "next_release_id",
    "publish",
    "release_ids",
    "releases",
    "rollback",
    "verify",
]
