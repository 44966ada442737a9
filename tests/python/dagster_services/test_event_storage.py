"""The event log keeps its connection, whatever a run has to tell."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import psycopg
import pytest
import yaml
from dagster_installation import DEPLOY
from postgres_server import PostgresServer

CHECKS = [dg.AssetCheckSpec(f"check_{number}", asset="table") for number in range(60)]


@dg.asset(check_specs=CHECKS)
def table() -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    yield dg.MaterializeResult()
    for check in CHECKS:
        yield dg.AssetCheckResult(check_name=check.name, passed=True)


@pytest.fixture
def database(postgres_server: PostgresServer) -> str:
    return postgres_server.new_database()


@pytest.fixture
def instance(
    database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[dg.DagsterInstance]:
    """An instance with the storages of deploy/dagster.yaml."""
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", database)
    config = yaml.safe_load((DEPLOY / "dagster.yaml").read_text())
    storages = {key: value for key, value in config.items() if key.endswith("_storage")}
    del storages["local_artifact_storage"]
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(storages))
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        yield instance


def sessions(url: str) -> int:
    """How many connections the database has ever had."""
    with psycopg.connect(url) as connection:
        query = "select sessions from pg_stat_database where datname = current_database()"
        [count] = connection.execute(query).fetchone() or [0]
        return int(count)


def test_a_check_costs_no_connection(instance: dg.DagsterInstance, database: str) -> None:
    before = sessions(database)
    dg.materialize([table], instance=instance)
    checks = instance.event_log_storage.get_latest_asset_check_execution_by_key(
        [spec.key for spec in CHECKS]
    )
    assert len(checks) == len(CHECKS)
    assert sessions(database) - before < len(CHECKS)
