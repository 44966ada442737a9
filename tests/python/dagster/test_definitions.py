"""What the code location defines, and how quickly it is there."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from orchestration.contract import PROJECT_DIR
from orchestration.defs.dbt.project import is_stale
from orchestration.defs.dbt.selection import is_closed
from orchestration.defs.shared.switches import schedule_status, sensor_status
from orchestration.reports.month_end import as_of_month_end
from orchestration.settings import InvalidSettingsError

SNAPSHOT = Path(__file__).with_name("definitions.txt")


def lines(code_location: dg.Definitions) -> Iterator[str]:
    """A line per definition; the checks of an asset as a number, for their names are dbt's."""
    repository = code_location.get_repository_def()
    graph = repository.asset_graph
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        checks = len(graph.get_check_keys_for_assets({key}))
        parts = [
            f"asset {key.to_user_string()}",
            f"group {node.group_name}",
            f"kinds {' '.join(sorted(node.kinds)) or '-'}",
            f"owners {' '.join(node.owners) or '-'}",
            f"checks {checks}",
        ]
        yield "; ".join(parts)
    for job in sorted(repository.get_all_jobs(), key=lambda job: job.name):
        if not job.name.startswith("__"):
            yield f"job {job.name}; {len(job.asset_layer.selected_asset_keys)} assets"
    for schedule in sorted(repository.schedule_defs, key=lambda schedule: schedule.name):
        yield (
            f"schedule {schedule.name}; {schedule.cron_schedule}; {schedule.execution_timezone}; "
            f"job {schedule.job_name}; {schedule.default_status.value}"
        )
    for sensor in sorted(repository.sensor_defs, key=lambda sensor: sensor.name):
        yield f"sensor {sensor.name}; {sensor.sensor_type.value}; {sensor.default_status.value}"


def test_definitions_are_those_of_the_snapshot(code_location: dg.Definitions) -> None:
    """After a wanted change: DAGSTER_SNAPSHOT=write pytest, and read the difference."""
    found = "\n".join(lines(code_location)) + "\n"
    if os.environ.get("DAGSTER_SNAPSHOT") == "write":
        SNAPSHOT.write_text(found, encoding="utf-8")
    assert found == SNAPSHOT.read_text(encoding="utf-8")


def test_every_dbt_test_is_a_check(code_location: dg.Definitions) -> None:
    from orchestration.defs.dbt.assets import MANIFEST  # noqa: PLC0415  (reads the settings)

    tests = {node["name"] for node in MANIFEST["nodes"].values() if node["resource_type"] == "test"}
    checks = {key.name for key in code_location.get_repository_def().asset_graph.asset_check_keys}
    assert tests - checks == set(), "name the model that it judges in tests/_tests.yml"


def test_raw_assets_are_the_sources_of_the_models(code_location: dg.Definitions) -> None:
    graph = code_location.get_repository_def().asset_graph
    parents = graph.get(dg.AssetKey(["staging", "stg_files__leads"])).parent_keys
    assert dg.AssetKey(["files", "leads"]) in parents
    assert graph.get(dg.AssetKey(["files", "leads"])).parent_keys == {
        dg.AssetKey(["landing", "files", "leads"])
    }


def test_loading_imports_nothing_that_only_a_run_needs(code_location: dg.Definitions) -> None:
    assert code_location, "the manifest is there"
    program = """
import sys, json
from orchestration.definitions import defs
defs().get_repository_def()
print(json.dumps([name for name in sys.argv[1:] if name in sys.modules]))
"""
    heavy = [
        *("dbt.cli.main", "dbt.parser.manifest", "dbt.adapters.duckdb"),
        *("great_expectations", "altair", "vl_convert"),
    ]
    done = subprocess.run(
        [sys.executable, "-c", program, *heavy],
        cwd=PROJECT_DIR,
        env={**os.environ, "PYTHONPATH": str(PROJECT_DIR)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout.splitlines()[-1]) == []


@pytest.mark.parametrize(
    ("schedule", "zone", "after", "expected"),
    [
        pytest.param(
            "nightly_build",
            "Europe/Madrid",
            datetime(2025, 3, 29, 12),
            ["30 03:30", "31 03:30"],
            id="the clocks go forward on the 30th",
        ),
        pytest.param(
            "nightly_build",
            "Europe/Madrid",
            datetime(2025, 10, 25, 12),
            ["26 03:30", "27 03:30"],
            id="the clocks go back on the 26th",
        ),
        pytest.param(
            "nightly_build",
            "America/New_York",
            datetime(2025, 11, 1, 12),
            ["02 03:30", "03 03:30"],
            id="the clocks go back on the 2nd",
        ),
        pytest.param(
            "hourly_build",
            "Europe/Madrid",
            datetime(2025, 2, 28, 16, 30),
            ["28 17:00", "28 18:00", "03 08:00"],
            id="Friday is the last day of the month",
        ),
        pytest.param(
            "monday_report",
            "Europe/Madrid",
            datetime(2025, 3, 24, 8),
            ["31 07:00", "07 07:00"],
            id="the week of the change",
        ),
    ],
)
def test_schedules_keep_the_local_hour(
    code_location: dg.Definitions, schedule: str, zone: str, after: datetime, expected: list[str]
) -> None:
    defined = code_location.get_repository_def().get_schedule_def(schedule)
    start = after.replace(tzinfo=ZoneInfo(zone)).timestamp()
    ticks = schedule_execution_time_iterator(start, defined.cron_schedule, zone)
    found = [next(ticks).astimezone(ZoneInfo(zone)) for _ in expected]
    assert [f"{tick:%d %H:%M}" for tick in found] == expected


def test_switches_follow_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FUNNEL_ENVIRONMENT", raising=False)
    assert schedule_status() == dg.DefaultScheduleStatus.STOPPED
    assert sensor_status() == dg.DefaultSensorStatus.STOPPED
    monkeypatch.setenv("FUNNEL_ENVIRONMENT", "production")
    assert schedule_status() == dg.DefaultScheduleStatus.RUNNING
    assert sensor_status() == dg.DefaultSensorStatus.RUNNING
    monkeypatch.setenv("FUNNEL_ENVIRONMENT", "prodution")
    with pytest.raises(InvalidSettingsError, match=r"FUNNEL_ENVIRONMENT.*'production'"):
        schedule_status()


@pytest.mark.parametrize(
    ("month", "zone", "expected"),
    [
        ("2025-01-01", "UTC", datetime(2025, 1, 31, 23, 59, 59)),
        ("2024-02-01", "UTC", datetime(2024, 2, 29, 23, 59, 59)),
        ("2024-12-01", "Europe/Madrid", datetime(2024, 12, 31, 22, 59, 59)),
        # the clocks go forward on the 30th, so that March ends in summer time
        ("2025-03-01", "Europe/Madrid", datetime(2025, 3, 31, 21, 59, 59)),
    ],
)
def test_month_ends_where_the_company_is(month: str, zone: str, expected: datetime) -> None:
    assert as_of_month_end(month, zone) == expected


def test_manifest_is_made_anew_after_a_change(tmp_path: Path) -> None:
    manifest = tmp_path / "target" / "manifest.json"
    for name in ("dbt_project.yml", "profiles.yml", "models/a.sql", "tests/_tests.yml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1, 1))
    os.utime(tmp_path / "models", (1, 1))
    assert is_stale(manifest, tmp_path)
    manifest.parent.mkdir()
    manifest.touch()
    assert not is_stale(manifest, tmp_path)
    later = datetime.now(UTC).timestamp() + 10
    for name in ("tests/_tests.yml", "models/a.sql"):
        os.utime(tmp_path / name, (later, later))
        assert is_stale(manifest, tmp_path)
        os.utime(tmp_path / name, (1, 1))


def test_part_of_a_build_counts_only_with_all_that_is_made_from_it() -> None:
    children = {
        "seed.s": ["model.a"],
        "model.a": ["model.b", "test.a_is_unique"],
        "model.b": ["metric.m"],
    }
    assert is_closed({"model.b"}, children)
    assert is_closed({"model.a", "model.b"}, children)
    assert not is_closed({"model.a"}, children)
    assert not is_closed({"seed.s", "model.b"}, children)
