"""After a load the raw schema is whole: tables, columns, types; required tables have files."""

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
import yaml
from support.loader_trial import ACTIVITIES, LEADS, Trial

from orchestration.contract import (
    LEDGER_TABLE,
    PROJECT_DIR,
    Column,
    UnknownSourceError,
    available_sources,
    raw_tables,
)
from orchestration.ingestion import (
    LandingNotFoundError,
    LoadError,
    MissingTablesError,
    load,
    loader,
)

METADATA_TYPES = {
    "_source_file": "VARCHAR",
    "_source_row": "BIGINT",
    "_file_id": "VARCHAR",
    "_loaded_at": "TIMESTAMP",
    "_load_error": "VARCHAR",
    "_raw_text": "VARCHAR",
    "_dlt_load_id": "VARCHAR",
}
LEDGER_TYPES = {
    "bigint": "BIGINT",
    "boolean": "BOOLEAN",
    "string": "VARCHAR",
    "timestamp": "TIMESTAMP",
}


def column_types(trial: Trial, source: str) -> dict[str, dict[str, str]]:
    found = trial.query(
        "select table_name, column_name, data_type from duckdb_columns()"
        f" where schema_name = 'raw_{source}' and not starts_with(table_name, '_dlt')"
    )
    types: dict[str, dict[str, str]] = {}
    for table, column, data_type in found:
        types.setdefault(table, {})[column] = data_type
    return types


@pytest.mark.parametrize("source", available_sources())
def test_every_declared_table_and_column_is_there_without_files(trial: Trial, source: str) -> None:
    trial.load(source)
    expected = {
        table.name: dict.fromkeys(table.column_names, "VARCHAR") | METADATA_TYPES
        for table in raw_tables(source)
    }
    found = column_types(trial, source)
    ledger = found.pop(LEDGER_TABLE)
    assert found == expected
    path = PROJECT_DIR / "models/staging/files/_files__sources.yml"
    [declared] = yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]
    [columns] = [t["columns"] for t in declared["tables"] if t["name"] == LEDGER_TABLE]
    types = {column["name"]: LEDGER_TYPES[column["data_type"]] for column in columns}
    assert ledger == types | {"_dlt_load_id": "VARCHAR"}


def test_types_stay_the_same_once_files_came(trial: Trial) -> None:
    trial.load()
    before = column_types(trial, "files")
    trial.land("leads/a.jsonl", '{"lead_id": 1, "created_at": "2024-01-01", "is_test": true}')
    trial.load()
    assert column_types(trial, "files") == before


def test_column_that_the_contract_gained_is_added(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial.land("leads/a.csv", f"{LEADS}1,2024\n")
    trial.load()
    shoe_size = Column(name="shoe_size", data_type="bigint", description="Size.")
    monkeypatch.setattr(
        loader,
        "raw_tables",
        lambda source: [replace(t, columns=(*t.columns, shoe_size)) for t in raw_tables(source)],
    )
    trial.load()
    assert trial.query("select lead_id, shoe_size from raw_files.leads") == [("1", None)]
    assert column_types(trial, "files")["web_traffic"]["shoe_size"] == "VARCHAR"


def test_sources_load_side_by_side_from_one_landing_folder(trial: Trial) -> None:
    trial.land("leads/a.csv", f"{LEADS}1,2024\n")
    trial.land("realestate/lead_status_changes.csv", "lead_id,status,created_at\n7,NEW,2024\n")
    report = trial.load("files", "realestate")
    assert [(r.source, r.table, r.row_count) for r in report.files] == [
        ("files", "leads", 1),
        ("realestate", "lead_status_changes", 1),
    ]
    assert trial.load("files", "realestate").skipped_count == 2
    assert trial.query("select lead_id from raw_realestate.lead_status_changes") == [("7",)]
    assert trial.query("select table_name from raw_files.landed_files") == [("leads",)]


def test_missing_required_table_is_an_error_after_all_else_is_loaded(trial: Trial) -> None:
    trial.land("leads/a.csv", "lead_id;email\n")
    trial.land("activities/a.csv", f"{ACTIVITIES}1,call,2024\n")
    with pytest.raises(MissingTablesError) as raised:
        load(trial.landing, trial.database, ["files"], keep_out=lambda _: None)
    message = str(raised.value)
    assert "leads (expected at '" in message
    assert f"{trial.landing}/leads/**/*" in message
    assert "activities (" not in message
    assert "1 file(s) were refused" in message
    assert "funnel simulate" in message
    assert [result.path for result in raised.value.report.loaded] == ["activities/a.csv"]
    assert trial.query("select count(*) from raw_files.activities") == [(1,)]


def test_required_table_may_come_at_any_earlier_load(trial: Trial) -> None:
    trial.land("leads/a.csv", LEADS)
    load(trial.landing, trial.database, ["files"], keep_out=lambda _: None)
    (trial.landing / "leads" / "a.csv").unlink()
    load(trial.landing, trial.database, ["files"], keep_out=lambda _: None)


def test_landing_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LandingNotFoundError, match=r"no landing folder '.*nowhere'.*simulate"):
        load(
            tmp_path / "nowhere",
            tmp_path / "build" / "warehouse.duckdb",
            ["files"],
            keep_out=lambda _: None,
        )
    assert not (tmp_path / "build").exists()


def test_unknown_source_is_an_error_before_anything_is_made(trial: Trial) -> None:
    with pytest.raises(UnknownSourceError, match="no source 'nonesuch'"):
        load(trial.landing, trial.database, ["files", "nonesuch"], keep_out=lambda _: None)
    assert not trial.database.parent.exists()


def test_database_that_is_none_is_an_error(trial: Trial) -> None:
    trial.database.parent.mkdir()
    trial.database.write_text("not a database" * 1000, encoding="utf-8")
    with pytest.raises(LoadError, match="work database cannot be opened"):
        load(trial.landing, trial.database, ["files"], keep_out=lambda _: None)


def test_failure_of_the_database_is_told_in_one_line_and_leaves_nothing(trial: Trial) -> None:
    trial.land("leads/a.csv", f"{LEADS}1,2024\n")
    trial.load()
    with duckdb.connect(trial.database) as connection:
        connection.execute("alter table raw_files.leads alter lead_id type integer")
    trial.land("leads/b.csv", f"{LEADS}two,2024\n")
    trial.land("activities/b.csv", f"{ACTIVITIES}1,call,2024\n")
    with pytest.raises(
        LoadError, match=r"loading source 'files' failed: .*'two'.* to INT32"
    ) as raised:
        trial.load()
    assert "\n" not in str(raised.value)
    with duckdb.connect(trial.database) as connection:
        connection.execute("alter table raw_files.leads alter lead_id type varchar")
    assert trial.load().row_count == 2
    assert trial.query("select lead_id from raw_files.leads order by 1") == [("1",), ("two",)]
    assert trial.query("select count(*) from raw_files.activities") == [(1,)]
