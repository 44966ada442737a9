"""Old runs are forgotten, but not what assets look like."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from orchestration.defs.retention.runs import forget_runs

MONTHS = dg.StaticPartitionsDefinition(["2026-01", "2026-02"])


@dg.asset
def table() -> None: ...


@dg.asset(partitions_def=MONTHS)
def report() -> None: ...


@dg.asset
def broken() -> None:
    raise ValueError("no such column")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def run(
    instance: dg.DagsterInstance, asset: dg.AssetsDefinition, partition: str | None = None
) -> str:
    result = dg.materialize(
        [asset], instance=instance, partition_key=partition, raise_on_error=False
    )
    return result.run_id


def remembered(instance: dg.DagsterInstance) -> set[str]:
    return {run.run_id for run in instance.get_runs()}


def later() -> datetime:
    return datetime.now(UTC) + timedelta(days=1)


def test_the_newest_run_of_an_asset_stays(instance: dg.DagsterInstance) -> None:
    first, second = run(instance, table), run(instance, table)
    assert forget_runs(instance, later()) == [first]
    assert remembered(instance) == {second}
    assert instance.get_latest_materialization_event(table.key) is not None
    assert not instance.all_logs(first)


def test_the_newest_run_of_each_partition_stays(instance: dg.DagsterInstance) -> None:
    old = run(instance, report, "2026-01")
    kept = {run(instance, report, "2026-01"), run(instance, report, "2026-02")}
    assert forget_runs(instance, later()) == [old]
    assert remembered(instance) == kept
    assert instance.get_materialized_partitions(report.key) == {"2026-01", "2026-02"}


def test_young_runs_stay(instance: dg.DagsterInstance) -> None:
    runs = {run(instance, table), run(instance, table)}
    assert forget_runs(instance, datetime.now(UTC) - timedelta(days=1)) == []
    assert remembered(instance) == runs


def test_failed_runs_go(instance: dg.DagsterInstance) -> None:
    failed = run(instance, broken)
    assert forget_runs(instance, later()) == [failed]


def test_runs_that_wait_stay(instance: dg.DagsterInstance) -> None:
    waiting = instance.create_run_for_job(
        dg.define_asset_job("waiting", [table]).resolve(
            asset_graph=dg.Definitions([table]).resolve_asset_graph()
        )
    )
    assert forget_runs(instance, later()) == []
    assert remembered(instance) == {waiting.run_id}
