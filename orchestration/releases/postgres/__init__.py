"""PostgreSQL as a second target: the current release again, for BI tools that need a server."""

from orchestration.releases.postgres.roles import GrantReport, grant
from orchestration.releases.postgres.synchronisation import Status, SyncReport, status, sync
from orchestration.releases.postgres.target import PostgresAwayError, PostgresError, Target

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
