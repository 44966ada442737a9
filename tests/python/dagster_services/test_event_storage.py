"""The event log keeps its connection, whatever a run has to tell."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest
import sqlalchemy
import yaml
from support.dagster_installation import DEPLOY
from support.postgres_server import PostgresServer

from orchestration.contract import PROJECT_DIR
from orchestration.instance import event_storage

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


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The instance of `make dev`."""
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    settings = (PROJECT_DIR / "dagster.yaml", DEPLOY / "development.yaml")
    (tmp_path / "dagster.yaml").write_text("".join(path.read_text() for path in settings))
    return str(tmp_path)


@pytest.fixture
def opened() -> Iterator[list[str]]:
    """The SQLite files that are opened, each time that one is."""
    files: list[str] = []

    def note(connection: Any, _: object) -> None:
        [(_, _, file)] = connection.execute("pragma database_list").fetchall()
        files.append(file)

    sqlalchemy.event.listen(sqlalchemy.Pool, "connect", note)
    yield files
    sqlalchemy.event.remove(sqlalchemy.Pool, "connect", note)


def test_a_check_opens_no_file(home: str, opened: list[str]) -> None:
    with dg.DagsterInstance.from_config(home) as instance:
        assert dg.materialize([table], instance=instance).success
        events = [file for file in opened if "/history/runs/" in file]
        assert 0 < len(events) < len(CHECKS)


def test_what_one_process_tells_another_one_reads(home: str) -> None:
    with dg.DagsterInstance.from_config(home) as first, dg.DagsterInstance.from_config(home) as two:
        run_id = dg.materialize([table], instance=first).run_id
        judged = dg.DagsterEventType.ASSET_CHECK_EVALUATION
        assert len(two.all_logs(run_id, of_type=judged)) == len(CHECKS)
        assert two.get_latest_materialization_event(table.key) is not None


def test_only_so_many_files_stay_open(
    home: str, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_storage, "MOST_FILES", 2)
    with dg.DagsterInstance.from_config(home) as instance:
        runs = [dg.materialize([table], instance=instance).run_id for _ in range(3)]
        assert [len(instance.all_logs(run_id)) > len(CHECKS) for run_id in runs] == [True] * 3
        assert len(instance.event_log_storage._engines) <= 2  # type: ignore[attr-defined]
    assert {file for file in opened if any(run_id in file for run_id in runs)}
