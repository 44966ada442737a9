"""The nightly job that forgets old runs, so that the storage does not grow for ever."""

from datetime import UTC, datetime, timedelta

import dagster as dg

from orchestration.running.retention import forget_runs
from orchestration.settings import load_settings


@dg.op
def forget_old_runs(context: dg.OpExecutionContext) -> None:
    """Delete finished runs that are older than the setting `keep_runs_days`."""
    days = load_settings().keep_runs_days
    forgotten = forget_runs(context.instance, datetime.now(UTC) - timedelta(days=days))
    context.log.info("Forgot %s runs older than %s days", len(forgotten), days)
