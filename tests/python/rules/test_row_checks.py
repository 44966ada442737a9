"""Each check of `row_checks` fires, on a seed and on a model, and says what is wrong and where."""

import shutil
import subprocess
import sys
from collections.abc import Callable

import pytest

from orchestration.contract import PROJECT_DIR

PROJECT = """
name: toy
profile: toy
seeds:
  +column_types:
    {lead_id: string, email: string, stage: string, kind: string, subject: string}
flags: {send_anonymous_usage_stats: false}
"""
PROFILES = """
toy:
  target: toy
  outputs: {toy: {type: duckdb, path: toy.duckdb}}
"""
CHECKS = """
version: 2

seeds:
  - name: leads
    data_tests: &checks
      - row_checks:
          arguments:
            key: [lead_id]
            key_where: "rank < 90"
            unique: [[stage, rank]]
            not_null: [email, stage]
            accepted_values: {kind: [stage, "it's free"]}
            between: {rate: [0, 1], rank: [1, null]}
            known_in:
              stage: {to: ref('stages'), field: stage}
              subject: {to: ref('stages'), field: stage, where: "kind = 'stage'"}

models:
  - name: fct_leads
    data_tests: *checks
  - name: fct_open_leads
    data_tests:
      - row_checks: {arguments: {key: [lead_id], not_null: [kind]}, config: {where: "rank < 3"}}
"""
HEADER = "lead_id,email,stage,kind,subject,rate,rank"
SOUND = [
    "L1,ana@example.com,lead,stage,mql,0,1",
    "L2,ana@example.com,mql,it's free,anything,1,1",
    "L3,ana@example.com,lead,,anything,,3",  # a null is no wrong value
    "L4,ana@example.com,lead,,,,95",
    "L4,ana@example.com,lead,,,,96",  # outside key_where
]
WRONG = [
    *(f"N{number},,lead,,,,{number}" for number in range(40, 45)),
    "S1,ana@example.com,,,,,50",
    "K1,ana@example.com,lead,gift,,,51",
    "R1,ana@example.com,lead,,,-0.5,52",
    "R2,ana@example.com,lead,,,1.5,53",
    "P1,ana@example.com,lead,,,,0",
    "T1,ana@example.com,enlightened,,,,54",
    "T2,ana@example.com,lead,stage,enlightened,,55",
    "L3,ana@example.com,lead,,,,56",
    "U1,ana@example.com,lead,,,,56",
]
COMPLAINTS = [
    "email is null in 5 rows, for example lead_id N40; lead_id N41; lead_id N42",
    "stage is null in 1 row, for example lead_id S1",
    "kind is not one of stage, it's free in 1 row, for example lead_id K1",
    "rate is below 0 in 1 row, for example lead_id R1",
    "rate is above 1 in 1 row, for example lead_id R2",
    "rank is below 1 in 1 row, for example lead_id P1",
    "stage is not a value of stages.stage in 1 row, for example lead_id T1, stage enlightened",
    "subject is not a value of stages.stage in 1 row, for example lead_id T2, subject enlightened",
    "another row has the same lead_id in 2 rows, for example lead_id L3",
    "another row has the same stage, rank in 2 rows, for example stage lead, rank 56",
]

Build = Callable[[list[str], str], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """`build(leads, properties)` builds and tests a project of three tables of leads."""
    project = tmp_path_factory.mktemp("toy")
    for part in ("macros/checks", "macros/dialect", "tests/generic"):
        shutil.copytree(PROJECT_DIR / part, project / part)
    files = {
        "dbt_project.yml": PROJECT,
        "profiles.yml": PROFILES,
        "seeds/stages.csv": "stage\nlead\nmql\n",
        "models/fct_leads.sql": "select * from {{ ref('landed') }}",
        "models/fct_open_leads.sql": "select * from {{ ref('landed') }}",
    }
    for path, text in files.items():
        (project / path).parent.mkdir(exist_ok=True)
        (project / path).write_text(text, encoding="utf-8")

    def run(leads: list[str], properties: str) -> subprocess.CompletedProcess[str]:
        # the models read a copy without tests: what reads a seed that fails is not made
        for seed in ("leads", "landed"):
            text = "\n".join([HEADER, *leads])
            (project / f"seeds/{seed}.csv").write_text(text, encoding="utf-8")
        (project / "models/leads.yml").write_text(properties, encoding="utf-8")
        return subprocess.run(
            [sys.executable, "-m", "dbt.cli.main", "--no-use-colors", "build"],
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_sound_rows_pass(build: Build) -> None:
    done = build(SOUND, CHECKS)
    assert done.returncode == 0, done.stdout
    assert "3 data tests" in done.stdout


@pytest.fixture(scope="module")
def complaints(build: Build) -> str:
    done = build(SOUND + WRONG, CHECKS)
    assert "ERROR=3" in done.stdout, done.stdout
    return done.stdout


@pytest.mark.parametrize("table", ["leads", "fct_leads"])
@pytest.mark.parametrize("complaint", COMPLAINTS)
def test_a_wrong_row_is_named(complaints: str, table: str, complaint: str) -> None:
    lines = [line.strip() for line in complaints.splitlines()]
    assert any(line.endswith(f"{table}: {complaint}") for line in lines), complaints


def test_every_complaint_is_expected(complaints: str) -> None:
    for table in ("leads", "fct_leads"):
        assert complaints.count(f" {table}: ") == len(COMPLAINTS), complaints


def test_checks_can_be_of_some_rows(complaints: str) -> None:
    assert "kind is null in 1 row, for example lead_id P1" in complaints


def test_only_keys_are_shown(complaints: str) -> None:
    assert "ana@example.com" not in complaints


def test_a_key_is_required(build: Build) -> None:
    done = build(SOUND, CHECKS.replace("key: [lead_id], ", ""))
    assert done.returncode != 0
    assert "row_checks: `key` is missing" in done.stdout
