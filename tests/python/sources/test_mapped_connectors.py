"""Every table that the connectors of three CRMs land is mapped, a lookup, or left out by a reason.

The folders under `connectors/` map what Fivetran lands of HubSpot, Salesforce and Marketo, and what
the APIs of HubSpot and Pipedrive answer as JSON. The rows are samples that seldom name each other;
they show shapes and not figures.
"""

import csv
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.cloned_project import Clone

from orchestration.contract import raw_tables

CONNECTORS = Path(__file__).parent / "connectors"
SOURCES = ("hubspot", "marketo", "salesforce")
ANSWERS = {
    "hubspot_api/responses.json": "dlt_hubspot/responses.json",
    "pipedrive/recents.json": "dlt_pipedrive_recents.json",
}
"""Landed documents, each the answers of an API."""
ROWS_OF_ANSWERS = {
    "hubspot_api": {
        "contacts": 2,
        "deals": 2,
        "contacts_with_history": 2,
        "companies": 2,
        "products": 2,
        "tickets": 2,
        "quotes": 1,
        "contact_properties": 283,
    },
    "pipedrive": {"recents": 3},
}
STAGED = {
    "hubspot": {
        "leads": 22,
        "lead_status_changes": 0,  # the names of properties are hashed
        "lead_merges": 4,
        # 90 opened and 4 sent mails, 5 forms, 100 meetings, a call, a mail and a message
        "activities": 90 + 4 + 5 + 100 + 1 + 1 + 1,
        "opportunities": 44,
    },
    "marketo": {
        "leads": 100,
        "lead_status_changes": 0,  # no lead changes its status
        "lead_merges": 99,  # one row names nobody
        "activities": 500 - 2,  # two mails were not sent
        "campaigns": 100,
    },
    "salesforce": {
        "leads": 1,
        "lead_status_changes": 1,
        "activities": 20,
        "opportunities": 0,  # all are deleted
        "orders": 10,
    },
    "hubspot_api": {"leads": 2, "opportunities": 2},
    "pipedrive": {"leads": 2},
}
UNREAD = {"hubspot": [("leads", "email", 22)]}
"""The addresses are hashed."""
STOPPED = {"hubspot"}
"""Some of its meetings are of 1970, which the audit takes for dates that nobody wrote."""
EXPECTED = (
    "name no record of",
    "as_of is",
    "leads.email cannot be read in 22 row(s)",
    "landed.stg_hubspot__activities.early_share.occurred_at is 0.03465",
)

Checked = dict[str, tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def clone(trial_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """The project with the three folders, and their files in the landing folder."""
    fixtures = trial_data / "connector_fixtures"
    if not fixtures.is_dir():
        pytest.skip(f"no trial data in {fixtures}")
    made = Clone(tmp_path_factory.mktemp("mapped_connectors"))
    for source in SOURCES:
        made.add_source(CONNECTORS / source / "models", source)
        (made.landing / source).mkdir(parents=True)
        for file in (fixtures / f"dbt_{source}").rglob("*.csv"):
            shutil.copyfile(file, made.landing / source / file.name)
    for source in ROWS_OF_ANSWERS:
        made.add_source(CONNECTORS / source / "models", source)
    for landed, fixture in ANSWERS.items():
        (made.landing / landed).parent.mkdir(parents=True)
        shutil.copyfile(fixtures / fixture, made.landing / landed)
    return made


@pytest.fixture(scope="module")
def checked(clone: Clone) -> Checked:
    return clone.check_sources((*SOURCES, *ROWS_OF_ANSWERS))


@pytest.mark.parametrize("source", SOURCES)
def test_every_file_belongs_to_a_table_and_every_row_is_accounted_for(
    checked: Checked, clone: Clone, source: str
) -> None:
    exit_code, found = checked[source]
    assert exit_code == (1 if source in STOPPED else 0), found["problems"]
    landed = {
        f"{source}/{path.name}": _row_count(path) for path in (clone.landing / source).iterdir()
    }
    assert {file["file"]: file["rows"] for file in found["files"]} == landed
    assert all(
        file["unused"] == file["unreadable"] == 0 and file["error"] is None
        for file in found["files"]
    )
    declared = {table.name for table in raw_tables(source, clone.project)}
    assert {file["table"] for file in found["files"]} == declared


@pytest.mark.parametrize("source", ROWS_OF_ANSWERS)
def test_every_record_of_an_answer_lands(checked: Checked, source: str) -> None:
    exit_code, found = checked[source]
    assert exit_code == 0, found["problems"]
    assert {file["table"]: file["rows"] for file in found["files"]} == ROWS_OF_ANSWERS[source]
    assert all(
        file["unused"] == file["unreadable"] == 0 and file["error"] is None
        for file in found["files"]
    )


@pytest.mark.parametrize("source", STAGED)
def test_records_of_each_table(checked: Checked, source: str) -> None:
    _, found = checked[source]
    assert {table["table"]: table["staged"] for table in found["tables"]} == STAGED[source]
    assert found["quarantined"] == found["words"] == []
    unread = [(value["table"], value["column"], value["rows"]) for value in found["unread"]]
    assert unread == UNREAD.get(source, [])


@pytest.mark.parametrize("source", STAGED)
def test_only_references_and_the_latest_moment_are_to_be_looked_at(
    checked: Checked, source: str
) -> None:
    _, found = checked[source]
    assert all(
        any(expected in problem["what"] for expected in EXPECTED) for problem in found["problems"]
    ), found["problems"]


def _row_count(path: Path) -> int:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return sum(1 for _ in csv.DictReader(file))
