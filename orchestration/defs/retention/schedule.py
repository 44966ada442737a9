"""Nightly deletion of old runs, so that Dagster's storage does not grow without limit."""

from datetime import UTC, datetime, timedelta

import dagster as dg

from orchestration.defs.retention.runs import forget_runs
from orchestration.defs.shared.switches import schedule_status
from orchestration.settings import load_settings, project_time_zone


@dg.op
def forget_old_runs(context: dg.OpExecutionContext) -> None:
    """Forget the finished runs that are older than the setting `keep_runs_days`."""
    days = load_settings().keep_runs_days
    forgotten = forget_runs(context.instance, datetime.now(UTC) - timedelta(days=days))
    context.log.info(f"Forgot {len(forgotten)} runs older than {days} days.")


@dg.job(description="Forget runs older than FUNNEL_KEEP_RUNS_DAYS, but no asset's newest run.")
def prune_runs() -> None:
    """One step; it changes Dagster's storage alone, not the warehouse."""
    forget_old_runs()


nightly_prune = dg.ScheduleDefinition(
    name="nightly_prune",
    job=prune_runs,
    cron_schedule="15 4 * * *",
    execution_timezone=project_time_zone(),
    default_status=schedule_status(),
    description="Dagster's own records, so that its storage does not grow for ever.",
)
