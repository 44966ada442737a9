"""Check that the services of a Dagster deployment work together, as its webserver sees them."""

from collections.abc import Iterator, Mapping
from typing import Any

from orchestration.doctor.finding import Finding, error, fine
from orchestration.errors import FunnelError

QUESTION = """
query Services {
  version
  instance {
    runLauncher { name }
    daemonHealth {
      allDaemonStatuses { daemonType required healthy lastHeartbeatErrors { message } }
    }
  }
  workspaceOrError {
    ... on Workspace {
      locationEntries {
        name
        locationOrLoadError {
          __typename
          ... on PythonError { message }
          ... on RepositoryLocation {
            repositories {
              schedules { name scheduleState { status } }
              sensors { name sensorState { status } }
            }
          }
        }
      }
    }
  }
  queued: runsOrError(filter: {statuses: [QUEUED]}, limit: 100) { ... on Runs { results { id } } }
  running: runsOrError(filter: {statuses: [STARTING, STARTED, CANCELING]}, limit: 100) {
    ... on Runs { results { id } }
  }
}
"""


class ServicesError(FunnelError):
    """A service does not answer, or answers that something is wrong."""


def examine_services(url: str, *, timeout_seconds: float = 30) -> list[Finding]:
    """Ask the webserver at `url` about itself, the storage, the code server and the daemon.

    Raises:
        ServicesError: the webserver does not answer, or it cannot reach its storage.
    """
    import httpx  # noqa: PLC0415  (the command line shows its help without it)

    try:
        reply = httpx.post(
            f"{url.rstrip('/')}/graphql", json={"query": QUESTION}, timeout=timeout_seconds
        )
        reply.raise_for_status()
        answer = reply.json()
    except (httpx.HTTPError, ValueError) as failure:
        raise ServicesError(
            f"The webserver at {url} does not answer as Dagster does: {failure}\n"
            "See `systemctl status lead-funnel-webserver`. Ask it directly, not through the proxy."
        ) from failure
    if answer.get("errors"):
        raise ServicesError(
            f"The webserver at {url} could not answer: {answer['errors'][0]['message']}\n"
            "The usual cause is PostgreSQL: see `journalctl -u lead-funnel-webserver`."
        )
    return findings(answer["data"])


def findings(answer: Mapping[str, Any]) -> list[Finding]:
    """Findings about each part in the webserver's answer to `QUESTION`."""
    return [
        fine("webserver and storage", f"Dagster {answer['version']}"),
        *_locations(answer["workspaceOrError"]),
        *_daemons(answer["instance"]["daemonHealth"]["allDaemonStatuses"]),
        _queue(answer),
    ]


def _locations(workspace: Mapping[str, Any]) -> Iterator[Finding]:
    for entry in workspace["locationEntries"]:
        part = f"code location {entry['name']}"
        loaded = entry["locationOrLoadError"]
        if loaded is None:
            yield error(part, "is loading", "Ask again in a few seconds.")
        elif loaded["__typename"] == "PythonError":
            yield error(
                part,
                _first_line(loaded["message"]),
                "See `journalctl -u lead-funnel-code`; then reload the location in the UI.",
            )
        else:
            yield fine(part, _automation(loaded["repositories"]))


def _automation(repositories: list[Mapping[str, Any]]) -> str:
    schedules = [
        schedule["scheduleState"]["status"]
        for held in repositories
        for schedule in held["schedules"]
    ]
    sensors = [
        sensor["sensorState"]["status"] for held in repositories for sensor in held["sensors"]
    ]
    return (
        f"{schedules.count('RUNNING')} of {len(schedules)} schedules on, "
        f"{sensors.count('RUNNING')} of {len(sensors)} sensors on"
    )


def _daemons(statuses: list[Mapping[str, Any]]) -> Iterator[Finding]:
    for status in statuses:
        if not status["required"]:
            continue
        part = f"daemon {status['daemonType'].lower()}"
        errors = status["lastHeartbeatErrors"]
        if status["healthy"]:
            yield fine(part, "healthy")
        elif errors:
            yield error(
                part, _first_line(errors[0]["message"]), "See `journalctl -u lead-funnel-daemon`."
            )
        else:
            yield error(part, "has no heartbeat", "Run `systemctl start lead-funnel-daemon`.")


def _queue(answer: Mapping[str, Any]) -> Finding:
    queued, running = (len(answer[kind]["results"]) for kind in ("queued", "running"))
    return fine("runs", f"{running} in progress, {queued} waiting")


def _first_line(message: str) -> str:
    return next((line.strip() for line in message.splitlines() if line.strip()), "no message")
