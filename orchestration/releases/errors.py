"""Errors of releases."""

from orchestration.errors import FunnelError


class PublishError(FunnelError):
    """Nothing was published; the current release stays as it is."""


class ReleaseError(FunnelError):
    """A release is not there, or is not what its manifest says."""
