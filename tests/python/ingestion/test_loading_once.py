"""A content at a path is loaded once, whatever else happens to the file or to dlt's folder."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from support.loader_trial import ACTIVITIES, LEADS, Trial

from orchestration.contract import WHOLE_EXPORT, raw_tables
from orchestration.ingestion import loader


@pytest.fixture
def loaded(trial: Trial) -> Trial:
    trial.land("leads/a.csv", f"{LEADS}1,2024\n2,2024\n")
    trial.land("activities/a.csv", f"{ACTIVITIES}1,call,2024\n")
    assert trial.load().row_count == 3
    return trial


def lead_ids(trial: Trial) -> list[str]:
    return [row[0] for row in trial.query("select lead_id from raw_files.leads order by all")]


def test_unchanged_files_are_skipped(loaded: Trial) -> None:
    report = loaded.load()
    assert (report.files, report.skipped_count, report.row_count) == ((), 2, 0)
    assert lead_ids(loaded) == ["1", "2"]


def test_a_load_of_nothing_new_writes_nothing(loaded: Trial) -> None:
    content = loaded.database.read_bytes()
    modified_at = loaded.database.stat().st_mtime_ns
    loaded.load()
    assert loaded.database.stat().st_mtime_ns == modified_at
    assert loaded.database.read_bytes() == content


def test_touched_and_rewritten_alike_is_skipped(loaded: Trial) -> None:
    path = loaded.landing / "leads" / "a.csv"
    content = path.read_bytes()
    os.utime(path, (1, 1))
    assert loaded.load().skipped_count == 2
    path.unlink()
    path.write_bytes(content)
    assert loaded.load().skipped_count == 2
    assert lead_ids(loaded) == ["1", "2"]


def test_a_whole_export_whose_content_comes_back_is_the_newest_again(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        loader,
        "raw_tables",
        lambda source: [replace(table, load=WHOLE_EXPORT) for table in raw_tables(source)],
    )
    both, one = f"{LEADS}1,2024\n2,2024\n", f"{LEADS}1,2024\n"
    for content, rows in ((both, 2), (one, 1), (both, 2), (both, 0)):
        trial.land("leads/a.csv", content)
        assert trial.load().row_count == rows
    assert trial.query(
        "select row_count, may_delete from raw_files.landed_files order by loaded_at"
    ) == [(1, False), (2, False)]
    assert trial.query("select lead_id from raw_files.leads order by _loaded_at, 1") == [
        ("1",),
        ("1",),
        ("2",),
    ]


def test_rewritten_file_is_loaded_beside_its_old_rows(loaded: Trial) -> None:
    loaded.land("leads/a.csv", f"{LEADS}1,2024\n3,2024\n")
    report = loaded.load()
    assert (report.row_count, report.skipped_count) == (2, 1)
    found = loaded.query(
        "select lead_id, _file_id, dense_rank() over (order by _loaded_at)"
        " from raw_files.leads order by 3, 1"
    )
    assert [(lead_id, rank) for lead_id, _, rank in found] == [
        ("1", 1),
        ("2", 1),
        ("1", 2),
        ("3", 2),
    ]
    assert len({file_id for _, file_id, _ in found}) == 2


def test_later_load_has_the_later_moment_though_the_clock_went_back(
    loaded: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Yesteryear(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime(2001, 1, 1, tzinfo=tz)

    monkeypatch.setattr(loader, "datetime", Yesteryear)
    loaded.land("leads/a.csv", f"{LEADS}1,2024\n3,2024\n")
    loaded.load()
    latest = "select lead_id from raw_files.leads where _loaded_at = (select max(_loaded_at)"
    assert loaded.query(f"{latest} from raw_files.leads) order by 1") == [("1",), ("3",)]


def test_content_that_comes_back_is_not_loaded_again(loaded: Trial) -> None:
    first = (loaded.landing / "leads" / "a.csv").read_bytes()
    loaded.land("leads/a.csv", f"{LEADS}3,2024\n")
    loaded.load()
    loaded.land("leads/a.csv", first)
    assert loaded.load().skipped_count == 2
    assert lead_ids(loaded) == ["1", "2", "3"]


def test_same_content_at_another_path_is_another_file(loaded: Trial) -> None:
    shutil.copy(loaded.landing / "leads" / "a.csv", loaded.landing / "leads" / "b.csv")
    assert loaded.load().row_count == 2
    assert lead_ids(loaded) == ["1", "1", "2", "2"]


def test_landing_folder_may_move(loaded: Trial) -> None:
    loaded.landing.rename(loaded.folder / "elsewhere")
    loaded.landing.symlink_to(loaded.folder / "elsewhere")
    assert loaded.load().skipped_count == 2


def test_files_that_went_keep_their_rows(loaded: Trial) -> None:
    shutil.rmtree(loaded.landing / "leads")
    loaded.load()
    assert lead_ids(loaded) == ["1", "2"]


def test_memory_of_earlier_loads_is_in_the_database_alone(loaded: Trial) -> None:
    shutil.rmtree(loaded.database.parent / "dlt")
    loaded.land("leads/b.csv", "lead_id,created_at,shoe_size\n3,2024,44\n")
    report = loaded.load()
    assert (report.row_count, report.skipped_count) == (1, 2)
    shutil.rmtree(loaded.database.parent / "dlt")
    loaded.land("leads/c.csv", "lead_id,created_at,shoe_size\n4,2024,45\n")
    loaded.load()
    assert lead_ids(loaded) == ["1", "2", "3", "4"]
    sizes = loaded.query("select shoe_size from raw_files.leads where shoe_size > '' order by 1")
    assert sizes == [("44",), ("45",)]


def test_load_of_nothing_new_does_not_wait_for_dlt(loaded: Trial) -> None:
    program = (
        "import sys; from pathlib import Path; from orchestration.ingestion import load;"
        " load(Path(sys.argv[1]), Path(sys.argv[2]), ['files'], keep_out=print);"
        " print('dlt' in sys.modules)"
    )
    paths = [str(loaded.landing), str(loaded.database)]
    done = subprocess.run(
        [sys.executable, "-c", program, *paths], check=True, capture_output=True, text=True
    )
    assert done.stdout == "False\n"


def test_nothing_but_the_build_folder_is_written(
    trial: Trial, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    trial.land("leads/a.csv", f"{LEADS}1,2024\n2\n")
    trial.load()
    assert [*elsewhere.iterdir()] == []
    assert {path.name for path in trial.folder.iterdir()} == {"landing", "build", "elsewhere"}
    assert {path.name for path in trial.database.parent.iterdir()} == {"dlt", "warehouse.duckdb"}
    assert [path.name for path in trial.database.parent.glob("dlt/*.parquet")] == []
