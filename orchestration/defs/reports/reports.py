"""Reports that are made at a certain time and stay as they were made."""

from datetime import datetime

import dagster as dg

from orchestration.defs.release.release import release
from orchestration.defs.shared.retries import permanent_unless_passing, retry_policy
from orchestration.reports.month_end import as_of_month_end, write_month_end
from orchestration.reports.weekly_cohorts import write_weekly_cohorts
from orchestration.settings import load_settings, project_time_zone

ZONE = project_time_zone()
MONTH_END_AT = "0 7 1 * *"
"""When the report of the month that ended is due, where automation is on (cron)."""

MONTHS = dg.MonthlyPartitionsDefinition(
    start_date=datetime.combine(load_settings().reports_from, datetime.min.time()), timezone=ZONE
)


@dg.asset(
    deps=[release],
    description="The conversion of each week's leads, of the release that was current.",
    group_name="reports",
    kinds={"csv"},
    owners=["team:revenue-operations"],
    retry_policy=retry_policy(),
)
def weekly_cohorts() -> dg.MaterializeResult[None]:
    """Write the report of the current release."""
    with permanent_unless_passing():
        report = write_weekly_cohorts(load_settings().warehouse)
    return dg.MaterializeResult(
        metadata={
            "path": dg.MetadataValue.path(report.path),
            "dagster/row_count": report.row_count,
            "release": report.release_id,
        }
    )


@dg.asset(
    deps=[release],
    partitions_def=MONTHS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    automation_condition=dg.AutomationCondition.on_cron(MONTH_END_AT, ZONE),
    description="Every metric as it was known when the month ended: later events do not count.",
    group_name="reports",
    kinds={"parquet"},
    owners=["team:revenue-operations"],
    retry_policy=retry_policy(),
)
def month_end_report(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Build the past, month by month, in a warehouse of its own; the release stays as it is."""
    settings = load_settings()
    rows = {}
    with permanent_unless_passing():
        for month in sorted(context.partition_keys):
            as_of = as_of_month_end(month, ZONE)
            context.log.info(f"{month}: as of {as_of} UTC")
            rows[month] = write_month_end(settings, month, as_of)
    return dg.MaterializeResult(
        metadata={"months": len(rows), "dagster/row_count": sum(rows.values())}
    )
