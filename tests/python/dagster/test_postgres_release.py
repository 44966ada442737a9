"""The asset `postgres_release` brings the current release to a real PostgreSQL."""

from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from support.generations import PROVENANCE, write_generation
from support.postgres_server import PASSWORD, PostgresServer

from orchestration.releases import publish
from orchestration.releases.postgres import Target, status
from orchestration.settings import load_settings
from orchestration.warehouse.paths import Warehouse


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    monkeypatch.setenv("FUNNEL_WAREHOUSE", str(tmp_path / "warehouse"))
    return Warehouse(tmp_path / "warehouse")


def materialize(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    from orchestration.defs.release.postgres import postgres_release  # noqa: PLC0415  (reads the settings)

    return dg.materialize([postgres_release], instance=instance, raise_on_error=False)


def told(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    [made] = result.get_asset_materialization_events()
    return {name: entry.value for name, entry in made.materialization.metadata.items()}


@pytest.mark.usefixtures("code_location")
def test_release_is_brought_once(
    warehouse: Warehouse, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUNNEL_POSTGRES", postgres_server.new_database())
    write_generation(warehouse, 1)
    release_id = publish(warehouse, keep=3, provenance=PROVENANCE).release_id
    target = Target.of(load_settings())
    assert target

    with dg.DagsterInstance.ephemeral() as instance:
        first, second = materialize(instance), materialize(instance)
        assert first.success
        assert second.success
        assert told(first) == {**told(first), "release": release_id, "new": True}
        assert told(second)["new"] is False
        assert status(warehouse, target).in_postgres == release_id
        assert PASSWORD in target.url.get_secret_value()
        assert PASSWORD not in str(instance.all_logs(first.run_id))


@pytest.mark.usefixtures("code_location")
def test_database_that_is_not_there_is_tried_again_and_named_without_the_password(
    warehouse: Warehouse, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_generation(warehouse, 1)
    publish(warehouse, keep=3, provenance=PROVENANCE)
    monkeypatch.setenv("FUNNEL_POSTGRES", f"{postgres_server.new_database()}_of_nobody")
    with dg.DagsterInstance.ephemeral() as instance:
        lost = materialize(instance)
        assert not lost.success
        assert [event for event in lost.all_events if event.is_step_up_for_retry]
        assert "does not exist" in str(instance.all_logs(lost.run_id))
        assert PASSWORD not in str(instance.all_logs(lost.run_id))


def test_there_is_none_where_no_database_is_named(code_location: dg.Definitions) -> None:
    graph = code_location.get_repository_def().asset_graph
    assert dg.AssetKey("postgres_release") not in graph.get_all_asset_keys()
