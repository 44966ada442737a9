"""Rows that are no record are kept as text, and the rows around them are not disturbed."""

import contextlib
import csv
import io
from pathlib import Path
from typing import Literal

import duckdb
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.loader_trial import LEADS, Trial

from orchestration.ingestion import LoadReport, csv_files
from orchestration.ingestion.csv_files import CsvText
from orchestration.ingestion.text import PlainText

Row = tuple[str | None, str | None, int, str | None, str | None]


CASES: dict[str, tuple[str, list[Row]]] = {
    "too few fields": (
        "1,a\n2\n3,c\n",
        [
            ("1", "a", 1, None, None),
            (None, None, 2, "line 3: 1 fields where the header has 2", "2"),
            ("3", "c", 3, None, None),
        ],
    ),
    "too many fields after a quoted line end": (
        '1,"a\nb"\n2,b,c\n3,c',
        [
            ("1", "a\nb", 1, None, None),
            (None, None, 2, "line 4: 3 fields where the header has 2", "2,b,c"),
            ("3", "c", 3, None, None),
        ],
    ),
    "record of two lines": (
        '1,"a\nb",c\n2,b\n',
        [
            (None, None, 1, "line 2: 3 fields where the header has 2", '1,"a\nb",c'),
            ("2", "b", 2, None, None),
        ],
    ),
    "quote that is never closed": (
        '1,"a\n2,b\n3,c\n',
        [
            (None, None, 1, "line 2: a quote is opened and never closed", '1,"a'),
            ("2", "b", 2, None, None),
            ("3", "c", 3, None, None),
        ],
    ),
    "quote that the next line would close": (
        '1,"a\n2,"b"\n3,"c\n4"\n',
        [
            (None, None, 1, "line 2: text follows a closing quote", '1,"a'),
            ("2", "b", 2, None, None),
            ("3", "c\n4", 3, None, None),
        ],
    ),
    "quote that is never closed in a file of 2 MB": (
        '1,"a\n' + f"2,{'b' * 98}\n" * 20_000 + '3,"c"\n',
        [
            (
                None,
                None,
                1,
                "line 2: a quote is opened and not closed within 1,048,576 characters",
                '1,"a',
            )
        ]
        + [("2", "b" * 98, row, None, None) for row in range(2, 20_002)]
        + [("3", "c", 20_002, None, None)],
    ),
    "quote that was not doubled": (
        '1,"Best" Ltd\r\n2,"b"\r\n',
        [
            (None, None, 1, "line 2: text follows a closing quote", '1,"Best" Ltd'),
            ("2", "b", 2, None, None),
        ],
    ),
    "carriage return in a field": (
        "1,a\rb\n2,b\n",
        [
            (None, None, 1, "line 2: a carriage return stands inside a field", "1,a\rb"),
            ("2", "b", 2, None, None),
        ],
    ),
    "mixed line ends, blank lines and trailing commas, which do no harm": (
        "1,a\r\n2,b\n\n   \n3,c,,\n",
        [
            ("1", "a", 1, None, None),
            ("2", "b", 2, None, None),
            ("3", "c", 3, None, None),
        ],
    ),
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Trial, LoadReport]:
    trial = Trial(tmp_path_factory.mktemp("rows"))
    for case, (body, _) in CASES.items():
        trial.land(f"leads/{case}.csv", LEADS + body)
    return trial, trial.load()


@pytest.mark.parametrize("case", CASES)
def test_broken_csv_row_is_kept_with_its_reason(
    loaded: tuple[Trial, LoadReport], case: str
) -> None:
    trial, report = loaded
    _, expected = CASES[case]
    found = trial.query(
        "select lead_id, created_at, _source_row, _load_error, _raw_text"
        f" from raw_files.leads where _source_file = 'leads/{case}.csv' order by _source_row"
    )
    assert found == expected
    [result] = [result for result in report.files if result.path == f"leads/{case}.csv"]
    assert result.row_count == len(expected)
    assert result.rejected_row_count == sum(row[3] is not None for row in expected)


def test_ledger_counts_every_row_also_the_broken_ones(loaded: tuple[Trial, LoadReport]) -> None:
    trial, _ = loaded
    counts = trial.query(
        "select row_count, (select count(*) from raw_files.leads where _file_id = file_id)"
        " from raw_files.landed_files"
    )
    assert len(counts) == len(CASES)
    assert all(in_ledger == in_table for in_ledger, in_table in counts)


def test_broken_json_line_is_kept_with_its_reason(trial: Trial) -> None:
    trial.land(
        "leads/a.jsonl",
        '{"lead_id": 1, "created_at": "2024"}\n\n{"lead_id": 2,\n[3]\n{"lead_id":4}\n',
    )
    [result] = trial.load().files
    found = trial.query(
        "select lead_id, created_at, _source_row, _load_error, _raw_text"
        " from raw_files.leads order by _source_row"
    )
    assert found == [
        ("1", "2024", 1, None, None),
        (None, None, 2, "line 3: not a JSON object", '{"lead_id": 2,'),
        (None, None, 3, "line 4: not a JSON object", "[3]"),
        ("4", None, 4, None, None),
    ]
    assert (result.row_count, result.rejected_row_count) == (4, 2)
    assert trial.said == ["leads/a.jsonl  4 rows, 2 unreadable"]


CONNECTION = duckdb.connect()


def read(
    path: Path, *, record_by_record: bool, has_cr_lines: bool = False
) -> list[tuple[object, ...]]:
    columns = ["x", "y", "z"]
    text = CsvText(PlainText(path, "UTF-8", has_cr_lines=has_cr_lines), ",")
    CONNECTION.register("landed", csv_files.all_rows(text, columns))
    rows = "from landed" if record_by_record else csv_files.sound_rows(text, columns)
    return CONNECTION.execute(
        "select coalesce(x, ''), coalesce(y, ''), coalesce(z, ''), _load_error"
        f" from ({rows}) order by _source_row"
    ).fetchall()


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(st.tuples(*[st.text('a,"\n\r\té;', max_size=4)] * 3), max_size=8),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_both_readers_give_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str, str]],
    end: str,
    quoting: Literal[0, 1],
) -> None:
    # the csv module quotes the line ends of its own terminator alone; others would end the line
    bare = "\r\n" if end == "\r" else "\r"
    values = "".join(value for row in rows for value in row)
    assume(quoting == csv.QUOTE_ALL or not set(bare) & set(values))
    text = io.StringIO()
    csv.writer(text, lineterminator=end, quoting=quoting).writerows([("x", "y", "z"), *rows])
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    written = [(*row, None) for row in rows]
    assert read(path, record_by_record=True, has_cr_lines=end == "\r") == written
    with contextlib.suppress(duckdb.InvalidInputException):
        assert read(path, record_by_record=False) == written


@settings(max_examples=200, deadline=None)
@given(lines=st.lists(st.text('ab,,"', max_size=9), min_size=1, max_size=5))
def test_what_the_fast_reader_takes_for_sound_is_sound(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_text("\n".join(["x,y,z", *lines]), encoding="utf-8", newline="")
    with contextlib.suppress(duckdb.InvalidInputException):
        taken = read(path, record_by_record=False)
        assert taken == read(path, record_by_record=True)
