"""New files start a build, once the folder is quiet."""

import json
import time

import dagster as dg

from orchestration.defs.schedules.jobs import build
from orchestration.defs.shared.switches import sensor_status
from orchestration.ingestion.arrivals import arrival, landed_files, sightings
from orchestration.settings import load_settings


@dg.sensor(
    name="new_files",
    job=build,
    minimum_interval_seconds=30,
    default_status=sensor_status(),
    description="One build per burst of landed files, once none of them changes any more.",
)
def new_files(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Ask for a build of what came since the last one that this sensor asked for."""
    settings = load_settings()
    look = arrival(
        json.loads(context.cursor or "{}"),
        sightings(landed_files(settings)),
        now=time.time(),
        settle_seconds=settings.settle_seconds,
    )
    if not look.new:
        return dg.SkipReason("No new file.")
    if not look.is_settled:
        return dg.SkipReason(f"{len(look.new)} new files, still arriving.")
    context.log.info(f"New: {', '.join(look.new[:20])}")
    request = dg.RunRequest(run_key=look.run_key, tags={"funnel/new_files": str(len(look.new))})
    return dg.SensorResult(run_requests=[request], cursor=json.dumps(dict(look.seen)))
