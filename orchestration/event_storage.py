"""Dagster's event log in PostgreSQL, over connections that are kept."""

from collections.abc import Mapping
from typing import Any

from dagster._serdes import ConfigurableClassData
from dagster_postgres.event_log import PostgresEventLogStorage
from dagster_postgres.utils import pg_url_from_config

STATEMENT_TIMEOUT_MILLISECONDS = 300_000
RECYCLED_AFTER_SECONDS = 3_600
MOST_CONNECTIONS = 20


class PooledEventLogStorage(PostgresEventLogStorage):
    """The event log of `dagster_postgres`, which outside the webserver connects for each event.

    A build announces and judges some 900 checks, with two connections each time: they took longer
    than the build.
    """

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "PooledEventLogStorage":
        """The storage, with the pool that the webserver has."""
        storage = cls(postgres_url=pg_url_from_config(config_value), inst_data=inst_data)
        storage.optimize_for_webserver(
            STATEMENT_TIMEOUT_MILLISECONDS, RECYCLED_AFTER_SECONDS, MOST_CONNECTIONS
        )
        return storage
