"""What a file shows beyond doubt (delimiter, encoding, line ends) is read so, and reported."""

import gzip
import tracemalloc
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.bad_inputs import GOOD
from support.loader_trial import LEADS, Trial

from orchestration.contract import Column, RawTable
from orchestration.ingestion import LoadReport, csv_files
from orchestration.ingestion.discovery import LandedFile
from orchestration.ingestion.errors import FileError
from orchestration.ingestion.text import PlainText, checked_text

Row = tuple[str | None, str | None, int, str | None]
HEADER = "lead_id;name;created_at\n"
SPANISH = 'lead_id;name;created_at\n1;"Núñez; Ana";1.250,50\n2;"Di ""hola""\nJosé €";"2,5"\n'
SPANISH_ROWS: list[Row] = [
    ("1", "Núñez; Ana", 1, "1.250,50"),
    ("2", 'Di "hola"\nJosé €', 2, "2,5"),
]
SEMICOLONS = "fields separated by semicolons"


@dataclass(frozen=True)
class Case:
    """A file's content, its rows (id, name, number, time), and how it must be said to be read."""

    content: str | bytes
    rows: list[Row]
    read_as: tuple[str, ...]


ONE: list[Row] = [("1", None, 1, "2024-01-01"), ("2", None, 2, "2024-01-02")]
CR = "lines that end in CR"
CASES = {
    "commas.csv": Case(GOOD, ONE, ()),
    "tabs.tsv": Case(GOOD.replace(",", "\t"), ONE, ()),
    "tabs.csv": Case(GOOD.replace(",", "\t"), ONE, ("UTF-8", "fields separated by tabs")),
    "commas.tsv": Case(GOOD, ONE, ("UTF-8", "fields separated by commas")),
    "bars.csv": Case(GOOD.replace(",", "|"), ONE, ("UTF-8", "fields separated by vertical bars")),
    "semicolons.csv": Case(SPANISH, SPANISH_ROWS, ("UTF-8", SEMICOLONS)),
    "quoted_header.csv": Case(
        '"lead_id";"created_at";"a,b|c"\n1;2024-01-01\n'.replace("01\n", "01;x\n"),
        ONE[:1],
        ("UTF-8", SEMICOLONS),
    ),
    "commas_with_semicolons_in_the_header.csv": Case(
        'lead_id,created_at,"x;y;z"\n1,2024-01-01,"a;b;c"\n', ONE[:1], ()
    ),
    "header_only.csv": Case(HEADER, [], ("UTF-8", SEMICOLONS)),
    "bad_row.csv": Case(
        f"{HEADER}1;a\n2;b;2024\n",
        [(None, None, 1, None), ("2", "b", 2, "2024")],
        ("UTF-8", SEMICOLONS),
    ),
    "sep.csv": Case(
        f"sep=;\r\n{SPANISH}",
        SPANISH_ROWS,
        ("UTF-8", f"{SEMICOLONS}, as its line sep= says"),
    ),
    "sep_commas.csv": Case(
        f'"SEP=,"\n{GOOD}', ONE, ("UTF-8", "fields separated by commas, as its line sep= says")
    ),
    "sep_tab_header_only.csv": Case(
        "sep=\t\rlead_id\tcreated_at",
        [],
        ("UTF-8", "fields separated by tabs, as its line sep= says", CR),
    ),
    "bom.csv": Case(f"\ufeff{GOOD}", ONE, ("UTF-8 with a byte order mark",)),
    "bom_sep.csv": Case(
        f"\ufeffsep=;\n{SPANISH}",
        SPANISH_ROWS,
        ("UTF-8 with a byte order mark", f"{SEMICOLONS}, as its line sep= says"),
    ),
    "utf16.csv": Case(SPANISH.encode("utf-16"), SPANISH_ROWS, ("UTF-16", SEMICOLONS)),
    "utf16_be.csv": Case(
        f"\ufeff{SPANISH}".encode("utf-16-be"), SPANISH_ROWS, ("UTF-16", SEMICOLONS)
    ),
    "utf16_bare.csv": Case(SPANISH.encode("utf-16-le"), SPANISH_ROWS, ("UTF-16LE", SEMICOLONS)),
    "utf16_bare_be.csv": Case(SPANISH.encode("utf-16-be"), SPANISH_ROWS, ("UTF-16BE", SEMICOLONS)),
    "excel_unicode_text.csv.gz": Case(
        gzip.compress(SPANISH.replace(";", "\t").replace("\n", "\r\n").encode("utf-16")),
        [
            ("1", "Núñez\t Ana", 1, "1.250,50"),
            ("2", 'Di "hola"\r\nJosé €', 2, "2,5"),
        ],
        ("UTF-16", "fields separated by tabs"),
    ),
    "windows.csv": Case(SPANISH.encode("cp1252"), SPANISH_ROWS, ("Windows-1252", SEMICOLONS)),
    "windows.csv.gz": Case(
        gzip.compress(SPANISH.encode("cp1252")), SPANISH_ROWS, ("Windows-1252", SEMICOLONS)
    ),
    "windows_quotes.csv": Case(
        f"{HEADER}1;“CAFÉ” é…,;2024\n".encode("cp1252"),
        [("1", "“CAFÉ” é…,", 1, "2024")],
        ("Windows-1252", SEMICOLONS),
    ),
    "windows.jsonl": Case(
        '{"lead_id": "1", "created_at": "2024", "name": "Núñez"}\n'.encode("cp1252"),
        [("1", "Núñez", 1, "2024")],
        ("Windows-1252",),
    ),
    "windows_header.csv": Case(
        "lead_id;created_at;dirección\n1;2024-01-01;x\n".encode("cp1252"),
        ONE[:1],
        ("Windows-1252", SEMICOLONS),
    ),
    "macintosh.csv": Case(GOOD.replace("\n", "\r"), ONE, ("UTF-8", CR)),
    "macintosh_open.csv": Case(GOOD.strip().replace("\n", "\r"), ONE, ("UTF-8", CR)),
    "macintosh_cells.csv": Case(
        'lead_id,"na\nme",name,created_at\r1,,"a\nb\rc",2024\r\r2,,x\r3,,"b",2025\r',
        [("1", "a\nb\rc", 1, "2024"), (None, None, 2, None), ("3", "b", 3, "2025")],
        ("UTF-8", CR),
    ),
    "macintosh_mixed.csv": Case(
        f"{LEADS.strip()}\r1,2024-01-01\r\n2,2024-01-02\n3\r",
        [*ONE, (None, None, 3, None)],
        ("UTF-8", CR),
    ),
    "windows_cells_in_the_header.csv": Case(
        'lead_id,"na\r\nme",name,created_at\n1,,a,2024\n', [("1", "a", 1, "2024")], ()
    ),
    "windows_lines_mixed.csv": Case(
        'lead_id,name,created_at\r\n1,"a\rb",2024\n2,"c\r\nd",2024\r\n',
        [("1", "a\rb", 1, "2024"), ("2", "c\r\nd", 2, "2024")],
        (),
    ),
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Trial, LoadReport]:
    trial = Trial(tmp_path_factory.mktemp("detected"))
    for name, case in CASES.items():
        trial.land(f"leads/{name}", case.content)
    return trial, trial.load()


@pytest.mark.parametrize("name", CASES)
def test_file_is_read_as_it_is_written(loaded: tuple[Trial, LoadReport], name: str) -> None:
    trial, report = loaded
    [result] = [result for result in report.files if result.path == f"leads/{name}"]
    assert (result.error, result.read_as) == (None, CASES[name].read_as)
    rows = trial.query(
        "select lead_id, name, _source_row, created_at from raw_files.leads"
        f" where _source_file = 'leads/{name}' order by _source_row"
    )
    assert rows == CASES[name].rows


def test_what_was_detected_is_said_in_a_sentence(loaded: tuple[Trial, LoadReport]) -> None:
    trial, _ = loaded
    said = "leads/windows.csv  2 rows. Read as Windows-1252, fields separated by semicolons."
    assert said in trial.said
    assert "leads/commas.csv  2 rows" in trial.said


@pytest.mark.parametrize(
    ("name", "line"),
    [("bad_row.csv", 2), ("macintosh_cells.csv", 7), ("macintosh_mixed.csv", 4)],
)
def test_unreadable_row_is_named_by_its_line(
    loaded: tuple[Trial, LoadReport], name: str, line: int
) -> None:
    trial, _ = loaded
    [(error,)] = trial.query(
        "select _load_error from raw_files.leads"
        f" where _source_file = 'leads/{name}' and _load_error is not null"
    )
    assert error.startswith(f"line {line}: ")


def test_line_sep_counts_as_a_line_and_not_as_a_row(trial: Trial) -> None:
    trial.land("leads/a.csv", "sep=;\nlead_id;created_at\n1;2024\n2;3;4\n")
    trial.load()
    rows = trial.query("select _source_row, _load_error from raw_files.leads order by 1")
    assert rows == [(1, None), (2, "line 4: 3 fields where the header has 2")]


def table(*names: str) -> RawTable:
    columns = tuple(Column(name, "string", "") for name in names)
    return RawTable(source="trial", name="things", files="things/*", columns=columns)


@pytest.mark.parametrize(
    ("header", "names", "delimiters"),
    [("a,x;b\n", "ab", "commas or semicolons"), ("x|y;z\n", "ab", "semicolons or vertical bars")],
)
def test_ambiguous_delimiter_is_refused_with_the_choices(
    tmp_path: Path, header: str, names: str, delimiters: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(header, encoding="utf-8")
    text = PlainText(path, "UTF-8", has_cr_lines=False)
    with pytest.raises(FileError, match=f"may be separated by .*{delimiters}. Put a line sep="):
        csv_files.csv_text(text, ",", table(*names), tmp_path / "body")


@pytest.mark.parametrize("block_bytes", [2, 3, 7, 64])
@pytest.mark.parametrize("name", ["windows.csv", "utf16.csv", "utf16_be.csv", "macintosh.csv"])
def test_blocks_may_end_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, block_bytes: int
) -> None:
    monkeypatch.setattr("orchestration.ingestion.text._BLOCK_BYTES", block_bytes)
    path = tmp_path / name
    content = CASES[name].content
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    text = checked_text(LandedFile(table(), path, name, ".csv"), tmp_path / "rewritten")
    plain = GOOD.replace("\n", "\r") if name == "macintosh.csv" else SPANISH
    assert text.path.read_bytes().decode() == plain
    assert text.has_cr_lines == (name == "macintosh.csv")


def test_large_file_is_converted_in_constant_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", encoding="cp1252", newline="\r\n") as file:
        file.write(HEADER)
        file.writelines(f"{i};Núñez € {i};2024\n" for i in range(400_000))
    tracemalloc.start()
    text = checked_text(LandedFile(table(), path, "a.csv", ".csv"), tmp_path / "rewritten")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert path.stat().st_size > 9_000_000
    assert peak < 12 << 20
    with text.path.open(encoding="utf-8", newline="") as lines:
        assert sum(1 for line in lines if line.endswith("\r\n")) == 400_001
