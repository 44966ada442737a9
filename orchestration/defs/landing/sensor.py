"""New files start a build, once the folder is quiet; what no build has taken is asked for again."""

import time
from datetime import UTC, datetime

import dagster as dg
from pydantic import BaseModel, TypeAdapter, ValidationError

from orchestration.defs.schedules.jobs import WRITES, build
from orchestration.defs.shared.switches import sensor_status
from orchestration.extraction import is_extracted
from orchestration.ingestion.arrivals import Arrival, arrival, landed_files, sightings
from orchestration.settings import load_settings

ATTEMPTS = 4
"""Builds that are asked for on the same files: data that stops one would stop them all."""

RUN_KEY = "dagster/run_key"
"""The tag of a run that a sensor asked for, and of its retries."""

UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


class Request(BaseModel):
    """A build that was asked for: on which files, when, and since when none is under way."""

    files: dict[str, str]
    run_key: str
    asked_at: float
    attempt: int = 1
    failed_at: float | None = None


class Memory(BaseModel):
    """The cursor: the files of which a build took all, and the request that is still open."""

    built: dict[str, str] = {}
    request: Request | None = None
    from_the_future: dict[str, tuple[str, float]] = {}


@dg.sensor(
    name="new_files",
    job=build,
    minimum_interval_seconds=30,
    default_status=sensor_status(),
    description="One build per burst of landed files, once none of them changes any more.",
)
def new_files(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Ask for a build of what no build has taken yet."""
    settings = load_settings()
    now = time.time()
    memory = after_runs(remembered(context.cursor), context.instance, now)
    look = arrival(
        memory.built,
        # what a load pulls by itself is no reason for another one
        sightings(
            file
            for file in landed_files(settings)
            if not is_extracted(settings, [file.table.source])
        ),
        now=now,
        settle_seconds=settings.settle_seconds,
        from_the_future=memory.from_the_future,
    )
    for name in look.from_the_future.keys() - memory.from_the_future.keys():
        context.log.warning(
            f"{name} changed in the future, says its file system. It counts from now on."
        )
    memory.from_the_future = dict(look.from_the_future)
    reason = reason_to_wait(memory.request, look, now, settings.retry_seconds)
    if reason:
        return dg.SensorResult(skip_reason=reason, cursor=memory.model_dump_json())
    context.log.info(f"New: {', '.join(look.new[:20])}")
    memory.request = request_after(memory.request, look, now)
    run = dg.RunRequest(
        run_key=memory.request.run_key, tags={"funnel/new_files": str(len(look.new))}
    )
    return dg.SensorResult(run_requests=[run], cursor=memory.model_dump_json())


def remembered(cursor: str | None) -> Memory:
    """What the sensor knows; the cursor was once the files alone, by their marks."""
    try:
        return Memory(built=TypeAdapter(dict[str, str]).validate_json(cursor or "{}"))
    except ValidationError:
        return Memory.model_validate_json(cursor or "{}")


def after_runs(memory: Memory, instance: dg.DagsterInstance, now: float) -> Memory:
    """What the sensor knows, once it has seen how the build that it asked for went on.

    Any whole build that was queued since the request took its files, also a retry of a killed one.
    """
    request = memory.request
    if request is None:
        return memory
    if _is_there(instance, request, [dg.DagsterRunStatus.SUCCESS]):
        return memory.model_copy(update={"built": request.files, "request": None})
    is_under_way = _is_there(instance, request, UNFINISHED)
    failed_at = None if is_under_way else request.failed_at or now
    return memory.model_copy(
        update={"request": request.model_copy(update={"failed_at": failed_at})}
    )


def reason_to_wait(
    request: Request | None, look: Arrival, now: float, retry_seconds: float
) -> str | None:
    """Why no build is asked for now; None where one is."""
    if not look.new:
        return "No new file."
    if request and request.failed_at is None:
        return "The build of the last new files is under way."
    if not look.is_settled:
        late = f" ({len(look.from_the_future)} from the future)" if look.from_the_future else ""
        return f"{len(look.new)} new files{late}, still arriving."
    if request and request.failed_at and request.files == look.seen:
        if request.attempt >= ATTEMPTS:
            return f"{ATTEMPTS} builds of these files failed. The next change starts another one."
        due = request.failed_at + retry_seconds * 2 ** (request.attempt - 1)
        if now < due:
            moment = datetime.fromtimestamp(due, UTC)
            return f"The build failed or was ended; the next one is due at {moment:%H:%M:%S} UTC."
    return None


def request_after(failed: Request | None, look: Arrival, now: float) -> Request:
    """The next request. A tick that is lost makes the same one again, so that it runs once."""
    is_again = failed is not None and failed.files == look.seen
    return Request(
        files=dict(look.seen),
        run_key=f"{look.run_key}-{failed.asked_at:.3f}" if failed else look.run_key,
        asked_at=now,
        attempt=failed.attempt + 1 if failed and is_again else 1,
    )


def _is_there(
    instance: dg.DagsterInstance, request: Request, statuses: list[dg.DagsterRunStatus]
) -> bool:
    """True if a build with such a status loads, or loaded, after the request.

    A retry of an earlier run may have left the load out.
    """
    asked_at = datetime.fromtimestamp(request.asked_at, UTC)
    filters = dg.RunsFilter(statuses=statuses, tags=WRITES, created_after=asked_at)
    return any(
        run.root_run_id is None or run.tags.get(RUN_KEY) == request.run_key
        for run in instance.get_runs(filters)
    )
