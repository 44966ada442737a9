"""A file that is not what it should be is refused with a message that helps; the others load."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.bad_inputs import GOOD, REFUSED
from support.loader_trial import LEADS, Trial

from orchestration.ingestion import LoadReport, loader, reader
from orchestration.ingestion.discovery import LandedFile


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> tuple[Trial, LoadReport, LoadReport]:
    """A landing folder of bad files with a good one among them, loaded twice."""
    trial = Trial(tmp_path_factory.mktemp("bad"))
    for name, bad in REFUSED.items():
        trial.land(f"leads/{name}", bad.content)
    trial.land("leads/good.csv", GOOD)
    return trial, trial.load(), trial.load()


@pytest.mark.parametrize("name", REFUSED)
def test_message_names_the_place_and_the_remedy(
    refused: tuple[Trial, LoadReport, LoadReport], name: str
) -> None:
    trial, report, _ = refused
    path = f"leads/{name}{REFUSED[name].member}".replace("\udcff", "\\udcff")
    [result] = [result for result in report.files if result.path == path]
    assert result.error is not None
    assert all(part in result.error for part in REFUSED[name].message), result.error
    assert (
        result.error.startswith(REFUSED[name].message[0]) or "line" not in REFUSED[name].message[0]
    )
    assert len(result.error) < 400
    assert result.error.isprintable()
    assert trial.error_of(path) == result.error
    assert f"REFUSED {path}: {result.error}" in trial.said


def test_the_good_file_among_them_is_loaded_once(
    refused: tuple[Trial, LoadReport, LoadReport],
) -> None:
    trial, first, second = refused
    assert [(r.path, r.row_count) for r in first.loaded] == [("leads/good.csv", 2)]
    assert (second.loaded, second.skipped_count) == ((), 1)
    assert trial.query("select lead_id from raw_files.leads order by 1") == [("1",), ("2",)]


def test_refused_files_are_tried_again_but_listed_once(
    refused: tuple[Trial, LoadReport, LoadReport],
) -> None:
    trial, first, second = refused
    assert second.refused == first.refused
    listed = trial.query(
        "select count(*), count(distinct file_id), count(distinct loaded_at)"
        " from raw_files.landed_files"
    )
    assert listed == [(len(REFUSED) + 1, len(REFUSED) + 1, 1)]


@contextmanager
def as_nobody(folder: Path) -> Iterator[None]:
    """Root may read everything, so a root that runs the tests steps down meanwhile."""
    if os.geteuid() != 0:
        yield
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_file_that_may_not_be_read_is_refused_until_it_may() -> None:
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder))
        trial.land("leads/a.csv", GOOD)
        trial.load()
        closed = trial.land("leads/b.csv", f"{LEADS}3,2024\n")
        closed.chmod(0)
        with as_nobody(trial.folder):
            [result] = trial.load().files
            trial.load()
        assert "Permission denied" in str(result.error)
        assert trial.error_of("leads/b.csv") == result.error
        closed.chmod(0o644)
        trial.load()
        assert trial.query("select count(*) from raw_files.leads") == [(3,)]
        listed = "select source_file, error from raw_files.landed_files order by 1"
        assert trial.query(listed) == [("leads/a.csv", None), ("leads/b.csv", None)]


def test_refusal_goes_when_the_same_content_loads_after_all(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = trial.land("leads/a.csv", GOOD)

    def look_and_touch(file: LandedFile) -> reader.Fingerprint:
        seen = reader.fingerprint(file)
        os.utime(path)
        return seen

    with monkeypatch.context() as patch:
        patch.setattr(loader, "fingerprint", look_and_touch)
        [result] = trial.load().files
    assert "changed while it was read" in str(result.error)
    assert trial.query("select count(*) from raw_files.leads") == [(0,)]
    assert trial.error_of("leads/a.csv") == result.error
    trial.load()
    assert trial.query("select error, row_count from raw_files.landed_files") == [(None, 2)]
    assert trial.query("select count(*) from raw_files.leads") == [(2,)]


def test_refused_file_that_is_mended_loads_and_its_refusal_stays_on_record(trial: Trial) -> None:
    trial.land("leads/a.csv", GOOD.replace(",", ":"))
    trial.load()
    trial.land("leads/a.csv", GOOD)
    trial.load()
    listed = trial.query(
        "select error is null, row_count from raw_files.landed_files order by loaded_at"
    )
    assert listed == [(False, 0), (True, 2)]
