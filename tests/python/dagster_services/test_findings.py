"""What `funnel services` makes of a webserver's answer, and of none."""

from typing import Any

import pytest
from support.dagster_installation import free_port
from typer.testing import CliRunner

from orchestration import cli
from orchestration.doctor import Finding, Level
from orchestration.doctor.services import findings


def answer(
    *, location: dict[str, Any] | None = None, daemon: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A webserver's answer; by default all is well."""
    well = {
        "__typename": "RepositoryLocation",
        "repositories": [
            {
                "schedules": [{"scheduleState": {"status": "RUNNING"}}],
                "sensors": [{"sensorState": {"status": "STOPPED"}}],
            }
        ],
    }
    lives = {"daemonType": "SCHEDULER", "required": True, "healthy": True}
    return {
        "version": "1.13.27",
        "instance": {
            "daemonHealth": {
                "allDaemonStatuses": [{**lives, "lastHeartbeatErrors": [], **(daemon or {})}]
            }
        },
        "workspaceOrError": {
            "locationEntries": [{"name": "lead_funnel", "locationOrLoadError": location or well}]
        },
        "queued": {"results": [{"id": "2"}]},
        "running": {"results": []},
    }


def of(part: str, found: list[Finding]) -> Finding:
    [finding] = [finding for finding in found if finding.check.startswith(part)]
    return finding


def test_nothing_is_to_be_done_where_all_is_well() -> None:
    found = findings(answer())
    assert all(finding.level == Level.ok for finding in found)
    assert of("code location", found).what == "1 of 1 schedules on, 0 of 1 sensors on"
    assert of("runs", found).what == "0 in progress, 1 waiting"


def test_code_that_does_not_load_is_quoted() -> None:
    error = {"__typename": "PythonError", "message": "\nImportError: no module named dbt\n  at ..."}
    finding = of("code location", findings(answer(location=error)))
    assert finding.what == "ImportError: no module named dbt"
    assert finding.level == Level.error


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ({"healthy": False}, "has no heartbeat"),
        ({"healthy": False, "lastHeartbeatErrors": [{"message": "lost"}]}, "lost"),
    ],
)
def test_a_daemon_that_is_not_well_has_a_remedy(status: dict[str, Any], says: str) -> None:
    finding = of("daemon scheduler", findings(answer(daemon=status)))
    assert finding.what == says
    assert finding.fix is not None


def test_a_daemon_that_is_not_needed_is_not_missed() -> None:
    found = findings(answer(daemon={"required": False, "healthy": None}))
    assert [finding for finding in found if finding.check.startswith("daemon")] == []


def test_silence_is_an_error_that_says_where() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    said = CliRunner().invoke(cli.app, ["services", "--url", url])
    assert said.exit_code == 1
    assert url in said.output
