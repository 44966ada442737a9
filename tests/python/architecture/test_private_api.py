"""Internals of other libraries that this project uses, and what would make each unnecessary.

A new one has to be added here; one that an upgrade takes away fails here, before anything runs.
"""

import importlib
import inspect
from pathlib import Path

import pytest

from orchestration.contract import PROJECT_DIR

CONNECTIONS = "https://github.com/dagster-io/dagster/issues/20325"
"""The event log opens a connection for each event."""
POOL = "https://github.com/dagster-io/dagster/issues/33935"
"""The pool of the PostgreSQL storages cannot be configured."""
LAUNCHER = "https://github.com/dagster-io/dagster/pull/5432"
"""Run monitoring knows the launchers of containers alone; no issue asks for the default one."""
DBT_DUCKDB = "https://github.com/duckdb/dbt-duckdb/issues"
"""`close_all_connections` forgets the environment without closing its file; no issue yet."""

INTERNALS = {
    "dagster._core.storage.event_log.sqlite.sqlite_event_log": (
        "SqliteEventLogStorage",
        ["_connect", "_initdb", "conn_string_for_shard", "has_table"],
        CONNECTIONS,
    ),
    "dagster._core.storage.sqlite": ("SQLITE_BUSY_TIMEOUT_SECONDS", [], CONNECTIONS),
    "dagster._serdes": ("ConfigurableClassData", [], POOL),
    "dagster_postgres.event_log": (
        "PostgresEventLogStorage",
        ["optimize_for_webserver"],
        POOL,
    ),
    "dagster._core.launcher": ("CheckRunHealthResult", [], LAUNCHER),
    "dagster._grpc.types": ("CanCancelExecutionRequest", [], LAUNCHER),
    "dagster": ("DefaultRunLauncher", ["_get_grpc_client_for_termination"], LAUNCHER),
    "dbt.adapters.duckdb.connections": ("DuckDBConnectionManager", ["_ENV"], DBT_DUCKDB),
}
STRINGS = {
    "orchestration/defs/alerts/sensor.py": ("dagster._core.storage.tags", "WILL_RETRY_TAG"),
}
"""Values that are written out here because their constant is not public."""


@pytest.mark.parametrize("module", INTERNALS)
def test_internals_are_as_they_were(module: str) -> None:
    name, attributes, issue = INTERNALS[module]
    held = getattr(importlib.import_module(module), name)
    missing = [attribute for attribute in attributes if not hasattr(held, attribute)]
    assert not missing, f"{module}.{name} has changed; is {issue} solved?"


def test_signatures_that_are_overridden_are_as_they_were() -> None:
    storage = importlib.import_module("dagster._core.storage.event_log.sqlite.sqlite_event_log")
    connect = inspect.signature(storage.SqliteEventLogStorage._connect)
    assert [*connect.parameters] == ["self", "shard"], CONNECTIONS
    pooled = importlib.import_module("dagster_postgres.event_log").PostgresEventLogStorage
    assert [*inspect.signature(pooled.optimize_for_webserver).parameters] == [
        *("self", "statement_timeout", "pool_recycle", "max_overflow")
    ], POOL


def test_every_private_import_is_listed() -> None:
    from_private = {
        line.split()[1]
        for path in (PROJECT_DIR / "orchestration").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.lstrip().startswith("from ") and "._" in line.split(" import ")[0]
    }
    assert from_private <= {*INTERNALS}


@pytest.mark.parametrize("path", STRINGS)
def test_strings_are_those_of_the_library(path: str) -> None:
    module, name = STRINGS[path]
    value = getattr(importlib.import_module(module), name)
    assert f'{name} = "{value}"' in (PROJECT_DIR / Path(path)).read_text(encoding="utf-8")
