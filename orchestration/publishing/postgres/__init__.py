"""PostgreSQL as a second target: the current release again, for BI tools that need a server."""

from orchestration.publishing.postgres.roles import GrantReport, grant
from orchestration.publishing.postgres.synchronisation import Status, SyncReport, status, sync
from orchestration.publishing.postgres.target import PostgresAwayError, PostgresError, Target

__all__ = [
    "GrantReport",
    "PostgresAwayError",
    "PostgresError",
    "Status",
    "SyncReport",
    "Target",
    "grant",
    "status",
    "sync",
]
