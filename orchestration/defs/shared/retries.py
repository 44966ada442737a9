"""Transient failures: Dagster retries those, and only those."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from orchestration.extraction import OriginAwayError
from orchestration.releases.postgres import PostgresAwayError
from orchestration.settings import load_settings
from orchestration.warehouse.lock import WarehouseLockedError
from orchestration.warehouse.work_database import WorkDatabaseError

PASSING = (
    WarehouseLockedError,
    WorkDatabaseError,
    PostgresAwayError,
    OriginAwayError,
    ConnectionError,
    TimeoutError,
)
"""Another process holds what is needed, or the network is away."""

PASSING_ERRNOS = {
    errno.EAGAIN,
    errno.EBUSY,
    errno.EDQUOT,
    errno.EIO,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOMEM,
    errno.ENOSPC,
    errno.ESTALE,
}
"""The disk is full or busy, or the machine is out of memory or files."""

PASSING_MESSAGES = ("Could not set lock on file", "No space left on device")
"""What DuckDB and dbt say of the same, in text."""


def retry_policy() -> dg.RetryPolicy:
    """Three more attempts, each after twice the time of the one before."""
    return dg.RetryPolicy(
        max_retries=3,
        delay=load_settings().retry_seconds,
        backoff=dg.Backoff.EXPONENTIAL,
        jitter=dg.Jitter.PLUS_MINUS,
    )


def is_passing(error: BaseException) -> bool:
    """True if the same run may succeed later: a lock, the disk or the network, not the data.

    A cause counts as the error itself does.
    """
    return (
        isinstance(error, PASSING)
        or (isinstance(error, OSError) and error.errno in PASSING_ERRNOS)
        or any(message in str(error) for message in PASSING_MESSAGES)
        or (error.__cause__ is not None and is_passing(error.__cause__))
    )


@contextmanager
def permanent_unless_passing() -> Iterator[None]:
    """Keep Dagster from retrying a failure that would only come again.

    Raises:
        dagster.Failure: in place of an error that is permanent; its description is the error's.
    """
    try:
        yield
    except dg.Failure:
        raise
    except Exception as error:
        if is_passing(error):
            raise
        raise dg.Failure(description=str(error), allow_retries=False) from error
