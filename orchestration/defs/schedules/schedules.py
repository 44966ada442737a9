"""Schedules of the jobs, in the reporting time zone; on in production, off in development."""

import dagster as dg

from orchestration.defs.schedules.jobs import build, nightly, weekly_report
from orchestration.defs.shared.switches import schedule_status, sensor_status
from orchestration.settings import project_time_zone

ZONE = project_time_zone()

hourly_build = dg.ScheduleDefinition(
    name="hourly_build",
    job=build,
    cron_schedule="0 8-18 * * 1-5",
    execution_timezone=ZONE,
    default_status=schedule_status(),
    description="What landed since, through the working day.",
)

# No zone changes its clock between 3:01 and 3:59, so every night has this moment once.
nightly_build = dg.ScheduleDefinition(
    name="nightly_build",
    job=nightly,
    cron_schedule="30 3 * * *",
    execution_timezone=ZONE,
    default_status=schedule_status(),
    description="Everything from scratch, with the documentation.",
)

monday_report = dg.ScheduleDefinition(
    name="monday_report",
    job=weekly_report,
    cron_schedule="0 7 * * 1",
    execution_timezone=ZONE,
    default_status=schedule_status(),
    description="The cohorts of the weeks, before the Monday meeting.",
)

automation = dg.AutomationConditionSensorDefinition(
    "automation",
    target=dg.AssetSelection.all(include_sources=True),
    default_status=sensor_status(),
    description="What says itself when it is due: looking at what landed, the month-end report.",
)
