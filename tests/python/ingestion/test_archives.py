"""Each table in a ZIP archive is a landed file of its own."""

import gzip
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from support.loader_trial import LEADS, Trial
from support.packed_files import archive, workbook

from orchestration.contract import Column, RawTable
from orchestration.ingestion import lost_files
from orchestration.ingestion.discovery import find_files
from orchestration.ingestion.reader import fingerprint, read_file

ONE = f"{LEADS}1,2024-01-01\n"


def table(name: str, files: str) -> RawTable:
    return RawTable(source="trial", name=name, files=files, columns=())


def test_each_member_is_a_file(trial: Trial) -> None:
    trial.land(
        "leads/export.ZIP",
        archive(
            {
                "a.csv": ONE,
                "deep/b.csv.gz": gzip.compress(ONE.encode()),
                "c.xlsx": workbook({"Leads": [["lead_id", "created_at"], [1, "2024"]]}),
                "windows\\d.jsonl": '{"lead_id": 1, "created_at": "2024"}\n',
                "folder/": "",
                "photo.png": "x",
                "__MACOSX/._a.csv": "x",
            }
        ),
    )
    report = trial.load()
    names = ["a.csv", "c.xlsx", "deep/b.csv.gz", "windows/d.jsonl"]
    landed = [(f"leads/export.ZIP/{name}", 1, None) for name in names]
    assert [(file.path, file.row_count, file.error) for file in report.files] == landed
    assert report.notes == (
        "leads/export.ZIP/__MACOSX/._a.csv: left alone, hidden.",
        "leads: 1 file(s) belong to no table of the active sources (leads/export.ZIP/photo.png).",
    )
    assert not [*trial.database.parent.glob("dlt/*.member")]


@pytest.mark.parametrize(
    ("pattern", "is_taken"),
    [
        ("crm/**/Lead*", True),
        ("crm/export.zip/Lead", True),
        ("crm/*.zip/Lead", True),
        ("crm/Lead", True),
        ("crm/Deal", False),
        ("Lead", False),
    ],
)
def test_member_belongs_as_if_it_were_unpacked_there(
    tmp_path: Path, pattern: str, is_taken: bool
) -> None:
    (tmp_path / "crm").mkdir()
    (tmp_path / "crm" / "export.zip").write_bytes(archive({"Lead.csv": "x"}))
    files, _ = find_files(tmp_path, [table("leads", pattern)])
    assert [file.name for file in files] == ["crm/export.zip/Lead.csv"] * is_taken


@pytest.mark.parametrize(
    ("pattern", "is_refused"),
    [("crm/**/Lead*", True), ("crm/Lead", True), ("crm/x.zip/Lead", True), ("a/Lead", False)],
)
def test_damaged_archive_is_refused_for_the_tables_that_it_may_hold(
    tmp_path: Path, pattern: str, is_refused: bool
) -> None:
    (tmp_path / "crm").mkdir()
    (tmp_path / "crm" / "x.zip").write_bytes(archive({"Lead.csv": "x"})[:-9])
    files, _ = find_files(tmp_path, [table("leads", pattern)])
    assert ["cut off" in str(file.fault) for file in files] == [True] * is_refused


def test_member_is_loaded_once_however_it_is_packed(trial: Trial) -> None:
    trial.land("leads/a.zip", archive({"a.csv": ONE}))
    trial.load()
    trial.land("leads/a.zip", archive({"b.csv": ONE.replace("1,", "2,"), "a.csv": ONE}))
    report = trial.load()
    assert [file.path for file in report.files] == ["leads/a.zip/b.csv"]
    assert trial.query("select lead_id from raw_files.leads order by 1") == [("1",), ("2",)]


def test_member_that_is_gone_is_lost(trial: Trial) -> None:
    trial.land("leads/a.zip", archive({"a.csv": ONE, "b.csv": ONE}))
    trial.load()
    with duckdb.connect(trial.database) as connection:
        assert lost_files(connection, trial.landing, ["files"]) == []
        trial.land("leads/a.zip", archive({"a.csv": ONE}))
        assert lost_files(connection, trial.landing, ["files"]) == ["leads/a.zip/b.csv"]


@pytest.mark.parametrize(("name", "rows"), [("order_payments", 103_886), ("products", 32_951)])
def test_archive_of_olist_is_read_as_it_is(
    trial_data: Path, tmp_path: Path, name: str, rows: int
) -> None:
    landing = trial_data / "olist"
    of_olist = RawTable("olist", name, f"*{name}*", (Column("product_id", "string", "Product."),))
    files, _ = find_files(landing, [of_olist])
    if not files:
        pytest.skip(f"no archive of {name} in {landing}")
    dataset = f"olist_{name}_dataset"
    assert [file.name for file in files] == [f"{dataset}.zip/{dataset}.csv"]
    moment, target = datetime(2025, 1, 1), tmp_path / "rows.parquet"
    with duckdb.connect() as connection:
        read = read_file(connection, files[0], fingerprint(files[0]), moment, target)
    assert (read.row_count, read.rejected_row_count, read.read_as) == (rows, 0, ())
