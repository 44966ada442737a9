"""A file that is not what it should be is refused with a message that helps; the others load."""

import gzip
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from loader_trial import LEADS, Trial

from orchestration.ingestion import LoadReport, loading, reading
from orchestration.ingestion.discovery import LandedFile

GOOD = f"{LEADS}1,2024-01-01\n2,2024-01-02\n"


def parquet(*columns: str) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({column: ["x"] * 1000 for column in columns}), buffer)
    return buffer.getvalue()


@dataclass(frozen=True)
class Bad:
    """A file's content, and what the message must say, the place first."""

    content: str | bytes
    message: tuple[str, ...]


BAD = {
    "empty.csv": Bad(b"", ("the file is empty (0 bytes)", "Export it again")),
    "empty.csv.gz": Bad(b"", ("the file is empty (0 bytes)", "Export it again")),
    "empty.parquet": Bad(b"", ("the file is empty (0 bytes)", "Export it again")),
    "empty.jsonl": Bad(b"", ("the file is empty (0 bytes)", "Export it again")),
    "blank.jsonl": Bad("\n \n", ("line 1: no line is a JSON object",)),
    "cut.csv.gz": Bad(
        gzip.compress((LEADS + "".join(f"{i},{i * i}\n" for i in range(9_998))).encode())[:-9],
        ("line 10000: ", "cut off or damaged", "Land it again"),
    ),
    "bits.csv.gz": Bad(
        gzip.compress(GOOD.encode())[:-8] + b"\xff" * 8, ("line 4: ", "damaged", "CRC check failed")
    ),
    "not.csv.gz": Bad(GOOD, ("not gzip, though its name says so", "take .gz off its name")),
    "zipped.csv": Bad(gzip.compress(GOOD.encode()), ("compressed with gzip", "Add .gz")),
    "book.csv": Bad(b"PK\x03\x04" + b"\0" * 99, ("a ZIP archive or an Excel workbook",)),
    "parquet.csv": Bad(parquet("lead_id"), ("a Parquet file", "Name it .parquet")),
    "utf16.csv": Bad(
        GOOD.encode("utf-16"),
        ("line 1: ", "encoded as UTF-16LE", "iconv -f UTF-16LE -t UTF-8 'leads/utf16.csv'"),
    ),
    "utf16_bare.csv": Bad(GOOD.encode("utf-16-be"), ("UTF-16BE", "iconv -f UTF-16BE")),
    "nul.csv": Bad(GOOD + "3,20\x0024\n", ("line 4, column 5: ", "a NUL byte")),
    "latin.csv": Bad(
        (GOOD + "3,España\n").encode("latin-1"),
        ("line 4, column 7: ", "byte 0xF1 is not UTF-8", "iconv -f WINDOWS-1252 -t UTF-8"),
    ),
    "latin.jsonl": Bad(
        '{"lead_id": "ñ"}\n'.encode("latin-1"), ("line 1, column 14: ", "byte 0xF1 is not UTF-8")
    ),
    "half_a_character.csv": Bad(GOOD.encode() + b"3,\xc3", ("line 4, column 3: ", "0xC3")),
    "semicolons.csv": Bad(
        GOOD.replace(",", ";"), ("line 1: ", "contains a semicolon", "Export it with commas")
    ),
    "tabs.csv": Bad(GOOD.replace(",", "\t"), ("line 1: ", "contains a tab", "named .tsv")),
    "commas.tsv": Bad(GOOD, ("line 1: ", "contains a comma", "not separated by a tab")),
    "renamed.csv": Bad(
        "leads_id,created_at,email\n1,2024,x\n",
        (
            "line 1: required column 'lead_id' is missing",
            "found: leads_id, created_at, email",
            "Rename 'leads_id' to 'lead_id'",
        ),
    ),
    "lacking.parquet": Bad(
        parquet("lead_id", "moment"), ("required column 'created_at' is missing", "Add it")
    ),
    "lacking.jsonl": Bad('{"lead_id": 1}\n', ("required column 'created_at' is missing",)),
    "no_header.csv": Bad("1,2024-01-01\n", ("line 1: ", "found: none of the table's columns")),
    "blank_header.csv": Bad("\n" + GOOD, ("line 1: the first line is empty",)),
    "open_header.csv": Bad('"lead_id,created_at\n1,2\n', ("line 1: the header cannot be read",)),
    "macintosh.csv": Bad(GOOD.replace("\n", "\r"), ("line 1: ", "a carriage return")),
    "twins.csv": Bad(
        "lead_id,created_at,Lead ID\n1,2,3\n", ("line 1: columns 'lead_id' and 'Lead ID' are both",)
    ),
    "twins.parquet": Bad(
        parquet("lead_id", "created_at", "LEAD_ID"), ("'lead_id' and 'LEAD_ID' are both",)
    ),
    "reserved.csv": Bad("lead_id,created_at,_File ID\n1,2,3\n", ("'_File ID' is reserved",)),
    "long.csv": Bad(
        GOOD + "3," + "x" * 10_000_000 + "\n4,2024\n", ("line 4: a line longer than 1,048,576",)
    ),
    "long.jsonl": Bad('{"lead_id": "' + "x" * 10_000_000, ("line 1: a line longer than",)),
    "text.parquet": Bad(GOOD, ("this is text, not Parquet", "Name it .csv")),
    "cut.parquet": Bad(
        parquet("lead_id", "created_at")[:-100], ("cut off or damaged", "Land it again")
    ),
    "bits.parquet": Bad(
        b"PAR1" + b"\xff" * 40 + parquet("lead_id", "created_at")[44:], ("cannot be read",)
    ),
    "array.jsonl": Bad(
        '[\n{"lead_id": 1, "created_at": 2}\n]\n', ("line 1: ", "a JSON array", "jq -c '.[]'")
    ),
    "prose.jsonl": Bad("\nhello\n", ("line 2: ", "no line is a JSON object", "'hello'")),
    "\udcff.csv": Bad(GOOD, ("its name is not UTF-8", "Rename it")),
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> tuple[Trial, LoadReport, LoadReport]:
    """A landing folder of bad files with a good one among them, loaded twice."""
    trial = Trial(tmp_path_factory.mktemp("bad"))
    for name, bad in BAD.items():
        trial.land(f"leads/{name}", bad.content)
    trial.land("leads/good.csv", GOOD)
    return trial, trial.load(), trial.load()


@pytest.mark.parametrize("name", BAD)
def test_message_names_the_place_and_the_remedy(
    refused: tuple[Trial, LoadReport, LoadReport], name: str
) -> None:
    trial, report, _ = refused
    path = f"leads/{name}".replace("\udcff", "\\udcff")
    [result] = [result for result in report.files if result.path == path]
    assert result.error is not None
    assert all(part in result.error for part in BAD[name].message), result.error
    assert result.error.startswith(BAD[name].message[0]) or "line" not in BAD[name].message[0]
    assert len(result.error) < 400
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
    assert listed == [(len(BAD) + 1, len(BAD) + 1, 1)]


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

    def look_and_touch(file: LandedFile) -> reading.Fingerprint:
        seen = reading.fingerprint(file)
        os.utime(path)
        return seen

    with monkeypatch.context() as patch:
        patch.setattr(loading, "fingerprint", look_and_touch)
        [result] = trial.load().files
    assert "changed while it was read" in str(result.error)
    assert trial.query("select count(*) from raw_files.leads") == [(0,)]
    assert trial.error_of("leads/a.csv") == result.error
    trial.load()
    assert trial.query("select error, row_count from raw_files.landed_files") == [(None, 2)]
    assert trial.query("select count(*) from raw_files.leads") == [(2,)]


def test_refused_file_that_is_mended_loads_and_its_refusal_stays_on_record(trial: Trial) -> None:
    trial.land("leads/a.csv", GOOD.replace(",", ";"))
    trial.load()
    trial.land("leads/a.csv", GOOD)
    trial.load()
    listed = trial.query(
        "select error is null, row_count from raw_files.landed_files order by loaded_at"
    )
    assert listed == [(False, 0), (True, 2)]
