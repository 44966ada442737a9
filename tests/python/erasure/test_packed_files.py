"""A person whose rows came out of an archive, a workbook or a message goes, and stays away."""

from functools import partial
from pathlib import Path

import duckdb
import pytest
from support.loader_trial import Trial
from support.packed_files import archive, workbook

from orchestration.erasure import carry_out, find_person, keep_out, request, search
from orchestration.ingestion import load
from orchestration.ingestion.discovery import is_packed
from orchestration.warehouse.paths import Warehouse

COLUMNS = ["lead_id", "created_at", "email", "phone", "_fivetran_deleted"]
PEOPLE = [
    ["ada-0001", "2024-01-01", "ada@home.example", "+44 20 7946 0001", "true"],
    ["bob-0001", "2024-01-01", "bob@home.example", "+44 20 7946 0002", "false"],
]
CSV = "\n".join(",".join(row) for row in (COLUMNS, *PEOPLE))
SHEET = [["Asked for by ada@home.example"], COLUMNS, *PEOPLE, [], ["ada@home.example"]]
RECORDS = "".join(
    f'{{"_airbyte_data": {{"lead_id": "{row[0]}", "created_at": "2024", "email": "{row[2]}"}}}}\n'
    for row in PEOPLE
)


class Apart(Trial):
    """The landing folder is no part of the warehouse's."""

    @property
    def landing(self) -> Path:
        return self.folder.parent / "landing"


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trial:
    monkeypatch.delenv("FUNNEL_ERASURE_KEY", raising=False)
    trial = Apart(tmp_path / "warehouse")
    trial.land("leads/a.zip", archive({"people.csv": CSV, "people.xlsx": workbook({"A": SHEET})}))
    trial.land("leads/a.xlsx", workbook({"People": SHEET}))
    trial.land("leads/a.jsonl", RECORDS)
    trial.load()
    with duckdb.connect(trial.database) as connection:
        connection.execute(
            "create schema intermediate; create table intermediate.int_lead_persons as "
            "select 'files' as source_system, lead_id, lead_id as person_key from raw_files.leads"
        )
    return trial


def test_person_of_packed_files_is_erased_and_does_not_come_back(trial: Trial) -> None:
    warehouse = Warehouse(trial.folder)
    person = find_person(warehouse.work_database, email="ada@home.example")
    files = ("leads/a.jsonl", "leads/a.xlsx", "leads/a.zip/people.csv", "leads/a.zip/people.xlsx")
    assert person.files == files
    assert [file for file in files if is_packed(file)] == [*files[1:]]

    with duckdb.connect() as connection:
        texts = person.search_terms(connection)
    request(warehouse, person, texts)
    assert carry_out(warehouse, lambda _: {})
    assert search(warehouse.root, texts) == []

    trial.land("leads/b.zip", archive({"people.csv": CSV, "p.xlsx": workbook({"A": SHEET})}))
    keeping_out = partial(keep_out, warehouse, lambda _: {}, lambda _: None)
    load(trial.landing, trial.database, ("files",), keep_out=keeping_out)
    assert search(warehouse.root, texts) == []
    counts = "select count(*), count(distinct lead_id), count(phone) from raw_files.leads"
    assert trial.query(f"{counts} where _load_error is null") == [(12, 2, 5)]
    # what another loader says of the row is not the person's, and still says that it is deleted
    assert trial.query("select count(*) from raw_files.leads where _fivetran_deleted = 'true'") == [
        (5,)
    ]
    assert trial.query(
        "select _raw_text, count(*) from raw_files.leads where _load_error is not null group by 1"
    ) == [("(erased)", 6)]
