"""Sensor that reports failed runs."""

import dagster as dg
from dagster._core.storage.tags import WILL_RETRY_TAG

from orchestration.alerts.alert import AlertSettings, StepFailure, compose, send
from orchestration.defs.shared.switches import sensor_status


@dg.run_failure_sensor(
    name="alert_on_failure",
    description="One message per failed run, to FUNNEL_ALERT_WEBHOOK and FUNNEL_ALERT_EMAIL.",
    default_status=sensor_status(),
    minimum_interval_seconds=30,
)
def alert_on_failure(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
    """Compose the message and send it."""
    settings = AlertSettings()
    run = context.dagster_run
    if run.tags.get(WILL_RETRY_TAG) == "true":
        return dg.SkipReason("Its process died, and it starts again by itself.")
    failures = [
        StepFailure(event.step_key or "", _error(event))
        for event in context.get_step_failure_events()
    ]
    alert = compose(
        run.job_name,
        run.run_id,
        failures,
        context.failure_event.message or "",
        settings.dagster_url,
    )
    places = send(alert, settings)
    if not places:
        return dg.SkipReason("Neither FUNNEL_ALERT_WEBHOOK nor FUNNEL_ALERT_EMAIL is set.")
    context.log.info(f"Told {', '.join(places)}: {alert.subject}")
    return None


def _error(event: dg.DagsterEvent) -> str:
    failure = event.step_failure_data
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    error = failure.error
    while error and error.cause:
        error = error.cause
    return error.message.strip() if error else "no error was recorded"
