"""Dagster's event log over connections that are kept, in PostgreSQL and in files.

Dagster's own connects for each event, and a build announces and judges some 900 checks.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import sqlalchemy
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from dagster_postgres.event_log import PostgresEventLogStorage
from dagster_postgres.utils import pg_url_from_config

STATEMENT_TIMEOUT_MILLISECONDS = 300_000
RECYCLED_AFTER_SECONDS = 3_600
MOST_CONNECTIONS = 20
MOST_FILES = 20
"""A file per run, and one for all."""


class PooledEventLogStorage(PostgresEventLogStorage):
    """The event log of `dagster_postgres`, with the pool that only the webserver has otherwise."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "PooledEventLogStorage":
        """The storage over a pool."""
        storage = cls(postgres_url=pg_url_from_config(config_value), inst_data=inst_data)
        storage.optimize_for_webserver(
            STATEMENT_TIMEOUT_MILLISECONDS, RECYCLED_AFTER_SECONDS, MOST_CONNECTIONS
        )
        return storage


class KeptEventLogStorage(SqliteEventLogStorage):
    """Dagster's event log in files; each stays open, because every closing flushes it to disk.

    Its setting is `home`: the instance's folder, under which the files lie as Dagster lays them.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines = dict[str, sqlalchemy.Engine]()
        self._tables = set[str]()
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> Any:
        """Configuration: the instance's home folder."""
        return {"home": dg.StringSource}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Any
    ) -> "KeptEventLogStorage":
        """The storage in the files of the instance."""
        return cls(str(Path(config_value["home"]) / "history" / "runs"), inst_data)

    def has_table(self, table_name: str) -> bool:
        """True if there is such a table; asked for each check, and one that is there stays."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        with self._db_lock:
            if shard not in self._engines:
                self._engines[shard] = self._new_engine(shard)
            with self._engines[shard].begin() as connection:
                yield connection

    def _new_engine(self, shard: str) -> sqlalchemy.Engine:
        if len(self._engines) == MOST_FILES:
            for engine in self._engines.values():
                engine.dispose()
            self._engines.clear()
        engine = sqlalchemy.create_engine(
            self.conn_string_for_shard(shard),
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS},
        )
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        return engine
