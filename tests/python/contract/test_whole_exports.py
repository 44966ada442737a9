"""Whole exports: what the newest no longer holds is deleted, and a cut one deletes nothing."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from orchestration.contract import PROJECT_DIR, DeclarationError, raw_tables

COPIED = (
    *("orchestration", "simulator", "dbt_project.yml", "profiles.yml", "macros", "seeds"),
    *("models/_docs.md", "models/staging/files/_files__sources.yml", "models/quarantine"),
    *("models/intermediate/landed", "models/marts/core/landed", "tests/generic"),
    # what the check of personal columns compiles the mappings with
    *(
        "models/intermediate/stages/int_stage_map.sql",
        "models/intermediate/people/int_lead_mechanisms.sql",
    ),
    "tests/assert_landed_rows_are_accounted_for.sql",
    "tests/assert_mapped_records_are_accounted_for.sql",
)
NEED_OTHER_MODELS = (
    "int_release_compared",
    "int_rows_since_release",
    "fct_core_identities",
    "dim_recording",
    "int_lost_references",
)

SOURCES = """\
version: 2
sources:
  - name: acme
    schema: raw_acme
    config: {meta: {load: whole_export}}
    tables:
      - name: deals
        config: {meta: {files: acme/deals*, key: [deal]}}
        columns:
          - {name: deal, data_type: string, description: ""}
          - {name: contact, data_type: string, description: "", config: {meta: {pii: lead_id}}}
          - {name: applied_on, data_type: date, description: ""}
          - {name: won_on, data_type: date, description: ""}
      - name: contacts
        config: {meta: {files: acme/contacts*, key: [contact]}}
        columns:
          - {name: contact, data_type: string, description: "", config: {meta: {pii: lead_id}}}
          - name: entered_on
            data_type: date
            description: ""
            config: {meta: {required: true}}
      - name: calls
        config: {meta: {files: acme/calls*, load: added_rows}}
        columns:
          - {name: call, data_type: string, description: ""}
          - {name: contact, data_type: string, description: "", config: {meta: {pii: lead_id}}}
          - {name: called_on, data_type: date, description: ""}
          - {name: removed, data_type: boolean, description: ""}
      - name: landed_files
        description: ""
"""
MAPPINGS = {
    "leads": """{{ map_table(source('acme', 'contacts'), {
        'lead_id': 'contact', 'created_at': 'entered_on'
    }) }}""",
    "opportunities": """{{ map_table(source('acme', 'deals'), {
        'opportunity_id': 'deal', 'lead_id': 'contact', 'created_at': 'applied_on',
        'stage': "'deal'"
    }) }}""",
    "lead_status_changes": """with source as (
    select *, 'applied' as status, applied_on as status_on from {{ source('acme', 'deals') }}
    union all
    select *, 'won' as status, won_on as status_on from {{ source('acme', 'deals') }}
    where won_on is not null
),

{{ conform({
    'event_id': "deal || '-' || status", 'lead_id': 'contact', 'changed_at': 'status_on',
    'to_status': "case status when 'applied' then 'opportunity' else status end"
}, part='status') }}

select * from conformed""",
    "activities": """{{ map_table(source('acme', 'calls'), {
        'activity_id': 'call', 'lead_id': 'contact', 'activity_type': "'call'",
        'occurred_at': 'called_on', 'is_deleted': 'removed'
    }) }}""",
}


def write_source(project: Path, sources: str = SOURCES) -> None:
    """The folder of the source, which is all that is said of it."""
    folder = project / "models" / "staging" / "acme"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "_acme__sources.yml").write_text(sources, encoding="utf-8")
    for table, sql in MAPPINGS.items():
        (folder / f"stg_acme__{table}.sql").write_text(sql, encoding="utf-8")


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is deleted after each build of `whole_export_builds.py`."""
    project = tmp_path_factory.mktemp("exports")
    for name in COPIED:
        origin, copy = PROJECT_DIR / name, project / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if origin.is_dir():
            shutil.copytree(origin, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(origin, copy)
    for name in NEED_OTHER_MODELS:
        for path in project.glob(f"models/**/{name}.*"):
            path.unlink()
    write_source(project)
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("whole_export_builds.py"), project / "company"],
        cwd=project,
        env={"PATH": "/usr/bin:/bin", "HOME": str(project), "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    states: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return states


def test_what_the_newest_export_lacks_is_deleted(states: dict[str, Any]) -> None:
    gone = states["gone"]
    assert gone["error"] is None
    assert gone["deals"] == [["D7"]]
    assert gone["staged deals"] == [[39]]
    assert gone["files"] == [["acme/deals_1.csv", 0, 39, 1], ["acme/deals_2.csv", 39, 0, 0]]


def test_a_record_that_a_row_no_longer_gives_is_deleted(states: dict[str, Any]) -> None:
    """The row of deal 9 is still there; its win is not."""
    assert states["gone"]["changes"] == [["D7-applied"], ["D7-won"], ["D9-won"]]


def test_a_deleted_lead_stays_for_merges(states: dict[str, Any]) -> None:
    assert states["gone"]["leads"] == [["C7"]]


def test_a_row_that_says_so_deletes_its_record_in_a_table_that_adds_rows(
    states: dict[str, Any],
) -> None:
    assert states["gone"]["calls"] == [
        ["K1", "staged"],
        ["K2", "deleted"],
        ["K2", "deleted"],
        ["K3", "deleted"],
    ]


def test_what_comes_back_lives_again(states: dict[str, Any]) -> None:
    back = states["back"]
    assert back["error"] is None
    assert (back["deals"], back["changes"], back["staged deals"]) == ([], [], [[40]])


def test_a_refused_file_or_an_unreadable_line_deletes_nothing(states: dict[str, Any]) -> None:
    """Contact 7 went before; contact 8 may be what the line says."""
    assert states["back"]["leads"] == [["C7"]]


def test_an_export_that_lacks_too_much_stops_the_build(states: dict[str, Any]) -> None:
    error = states["stopped"]["error"]
    assert "landed.acme.deals.lacking_share (critical): 0.075, limit at most 0.05" in error
    assert (
        "acme/deals_4.csv lacks 3 of the 40 records that the exports before it hold\n"
        "  for example acme/deals_3.csv row 1; acme/deals_3.csv row 2; acme/deals_3.csv row 3"
    ) in error
    assert "funnel build --accept landed.acme.deals.lacking_share" in error


def test_an_export_that_no_audit_let_pass_deletes_nothing(states: dict[str, Any]) -> None:
    plain = states["plain dbt"]
    assert (plain["deals"], plain["staged deals"]) == ([], [[40]])


def test_an_accepted_export_deletes_and_stays_accepted(states: dict[str, Any]) -> None:
    for name in ("accepted", "again"):
        assert states[name]["error"] is None
        assert states[name]["deals"] == [["D1"], ["D2"], ["D3"]]
        assert states[name]["staged deals"] == [[37]]


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ("load: dump", "load is 'dump', not one of: added_rows, whole_export"),
        ("load: whole_export", "load: whole_export needs key: [...]"),
    ],
)
def test_a_load_that_cannot_be_meant_is_refused(tmp_path: Path, declared: str, said: str) -> None:
    write_source(tmp_path, SOURCES.replace("load: added_rows", declared))
    with pytest.raises(DeclarationError) as error:
        raw_tables("acme", tmp_path)
    assert f"models/staging/acme/_acme__sources.yml, table calls: {said}" in str(error.value)
