"""A wrong row in the rules stops the build with a message that names the row."""

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from support.project import lay_parsed, parsed_project

from orchestration.contract import PROJECT_DIR

PARTS = ("dbt_project.yml", "profiles.yml", "macros", "models", "seeds", "tests")


@pytest.fixture(scope="module")
def project(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("rules") / "project"
    copy.mkdir()
    for part in PARTS:
        source = PROJECT_DIR / part
        if source.is_dir():
            shutil.copytree(source, copy / part, ignore=shutil.ignore_patterns("python"))
        else:
            shutil.copy(source, copy / part)
    lay_parsed(parsed_project(shared), copy / "target")
    work = copy / "warehouse" / "build" / "warehouse.duckdb"
    work.parent.mkdir(parents=True)
    with duckdb.connect(str(work)) as connection:
        connection.execute("create schema raw_files")
    return copy


def build_seeds(project: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "dbt.cli.main", "--no-use-colors", "build"),
            *("--select", "resource_type:seed", "--exclude-resource-type", "unit_test"),
            *("--indirect-selection", "cautious"),
        ],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_rules_that_come_with_the_project_are_valid(project: Path) -> None:
    done = build_seeds(project)
    assert done.returncode == 0, done.stdout


WRONG_ROWS = [
    ("stage_map", ",,brand new word,enlightened,2000-01-01,"),
    ("stage_map", ",,won,customer,2024-01-01,"),
    ("mql_rules", "score,2024-01-01,,score,80,20"),
    ("scoring_rules", "smoke,2024-01-01,,engagement,smoke_signal,,,1,1,1,Smoke,Humo"),
    ("holidays", "atlantis,2024-01-01,Founding,,"),
    ("business_calendars", "default,UTC,1,05:00,06:00,2024-01-01,2023-01-01"),
    ("business_calendars", "default,UTC,2,17:30,19:00,2024-01-01,"),
    ("business_calendars", "night,UTC,1,22:00,06:00,2024-01-01,"),
    ("conversion_horizons", "mql,nirvana,30,1"),
]
MESSAGES = [
    ("stage_map: stage_key is not a value of stages.stage_key", "status brand new word"),
    (
        "stage_map: another row with the same source_system, status_field, status "
        "holds at the same time",
        '"won"',
    ),
    ("mql_rules: another row with the same rule_key holds at the same time", '"score"'),
    (
        "scoring_rules: subject is not a value of activity_types.activity_type",
        "subject smoke_signal",
    ),
    (
        "holidays: calendar_id is not a value of business_calendars.calendar_id",
        "calendar_id atlantis",
    ),
    ("business_calendars: another row with the same calendar_id, weekday", '"05:00"'),
    ("business_calendars: shifts of a day overlap, or are more than two", '"17:30"'),
    (
        "business_calendars, holidays: hours are not HH:MM within one day, or the calendar has",
        '"night"',
    ),
    ("conversion_horizons: to_stage is not a value of stages.stage_key", "to_stage nirvana"),
]


@pytest.fixture(scope="module")
def complaints(project: Path) -> list[str]:
    for seed, row in WRONG_ROWS:
        path = project / "seeds" / f"{seed}.csv"
        path.write_text(
            path.read_text(encoding="utf-8").rstrip("\n") + f"\n{row}\n", encoding="utf-8"
        )
    done = build_seeds(project)
    assert done.returncode != 0, done.stdout
    return done.stdout.splitlines()


@pytest.mark.parametrize(("rule", "row"), MESSAGES)
def test_a_wrong_row_is_named(complaints: list[str], rule: str, row: str) -> None:
    about_the_rule = [line for line in complaints if rule in line]
    assert any(row in line for line in about_the_rule), "\n".join(complaints)
