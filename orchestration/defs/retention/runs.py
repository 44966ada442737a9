"""Deletion of old runs. Dagster deletes old ticks itself, but never runs."""

from collections.abc import Iterator
from datetime import datetime

import dagster as dg
from dagster import AssetRecordsFilter, DagsterInstance, DagsterRunStatus, RunsFilter

FINISHED = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]


def forget_runs(instance: DagsterInstance, before: datetime) -> list[str]:
    """Delete the finished runs that were created before a moment, and give their ids.

    A run stays while an asset or a partition has its newest materialisation or observation from
    it: the asset would look as if it had never been made.
    """
    needed = set(_newest(instance))
    finished = RunsFilter(statuses=FINISHED, created_before=before)
    old = [run.run_id for run in instance.get_runs(filters=finished) if run.run_id not in needed]
    for run_id in old:
        instance.delete_run(run_id)
        instance.compute_log_manager.delete_logs(prefix=[run_id])
    return old


def _newest(instance: DagsterInstance) -> Iterator[str]:
    for record in instance.get_asset_records():
        entry = record.asset_entry
        for event in (entry.last_materialization_record, entry.last_observation_record):
            if event is not None:
                yield event.run_id
        yield from _newest_of_partitions(instance, entry.asset_key)


def _newest_of_partitions(instance: DagsterInstance, asset: dg.AssetKey) -> Iterator[str]:
    for partition in instance.get_materialized_partitions(asset):
        newest = AssetRecordsFilter(asset, asset_partitions=[partition])
        for record in instance.fetch_materializations(newest, limit=1).records:
            yield record.run_id
