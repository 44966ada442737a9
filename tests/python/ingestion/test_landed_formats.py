"""What a sound file of each format becomes in the raw table."""

import gzip
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.bad_inputs import zstd
from support.loader_trial import LEADS, Trial

from orchestration.contract import contract_tables
from orchestration.ingestion.errors import FileError
from orchestration.ingestion.json_files import write_record_lines

LONG_ID = "1234567890123456789"


def parquet(columns: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def leads(trial: Trial, *columns: str) -> list[tuple[Any, ...]]:
    return trial.query(f"select {', '.join(columns)} from raw_files.leads order by _source_row")


ONE_LEAD = f"{LEADS}{LONG_ID},2024-01-01\n"


def test_long_ids_stay_text_in_every_format(trial: Trial) -> None:
    files: dict[str, str | bytes] = {
        "plain.csv": ONE_LEAD,
        "upper.CSV": ONE_LEAD,
        "bom.csv": f"\ufeff{ONE_LEAD}",
        "crlf.csv": ONE_LEAD.replace("\n", "\r\n"),
        "no_last_line_end.csv": ONE_LEAD.strip(),
        "zipped.csv.gz": gzip.compress(ONE_LEAD.encode()),
        "zipped_twice.csv.gz": gzip.compress(LEADS.encode())
        + gzip.compress(f"{LONG_ID},2024-01-01".encode()),
        "zipped.csv.zst": zstd(ONE_LEAD),
        "tabs.tsv": ONE_LEAD.replace(",", "\t"),
        "number.jsonl": f'{{"lead_id": {LONG_ID}, "created_at": "2024-01-01"}}\n',
        "bom.jsonl": f'\ufeff{{"lead_id": "{LONG_ID}", "created_at": "2024-01-01"}}',
        "zipped.jsonl.gz": gzip.compress(
            f'{{"leadId":{LONG_ID},"createdAt":"2024-01-01"}}'.encode()
        ),
        "number.ndjson": f'{{"lead_id": {LONG_ID}, "created_at": "2024-01-01"}}\n',
        "array.json.zst": zstd(f'[{{"lead_id": {LONG_ID}, "created_at": "2024-01-01"}}]'),
        "number.parquet": parquet({"lead_id": [int(LONG_ID)], "created_at": ["2024-01-01"]}),
        "date.parquet": parquet({"Lead ID": [LONG_ID], "Created-At": [date(2024, 1, 1)]}),
        "deep/er/a[1]*?'\".csv": ONE_LEAD,
    }
    for name, content in files.items():
        trial.land(f"leads/{name}", content)
    report = trial.load()
    found = trial.query(
        "select _source_file, lead_id, created_at, email, _source_row, _load_error"
        " from raw_files.leads"
    )
    names = sorted(f"leads/{name}" for name in files)
    assert sorted(found) == [(name, LONG_ID, "2024-01-01", None, 1, None) for name in names]
    assert [(r.path, r.row_count, r.error) for r in report.files] == [(n, 1, None) for n in names]
    marked = ". Read as UTF-8 with a byte order mark."
    assert trial.said == [f"{n}  1 rows{marked if '/bom.' in n else ''}" for n in names]


def test_row_says_where_and_when_it_came_from(trial: Trial) -> None:
    trial.land("leads/a.csv", f"{LEADS}1,2024-01-01\n2,2024-01-02\n")
    before = datetime.now(UTC).replace(tzinfo=None)
    trial.load()
    after = datetime.now(UTC).replace(tzinfo=None)
    [(ledger_id, loaded_at, load_id)] = trial.query(
        "select file_id, loaded_at, _dlt_load_id from raw_files.landed_files"
    )
    assert leads(
        trial, "_source_file", "_source_row", "_file_id", "_loaded_at", "_dlt_load_id"
    ) == [
        ("leads/a.csv", 1, ledger_id, loaded_at, load_id),
        ("leads/a.csv", 2, ledger_id, loaded_at, load_id),
    ]
    assert before <= loaded_at <= after
    assert trial.query("select distinct load_id from raw_files._dlt_loads") == [(load_id,)]


def test_csv_fields_keep_what_they_say(trial: Trial) -> None:
    trial.land(
        "leads/a.csv",
        "lead_id,created_at,name,email\n"
        '1,2024,"O""Hara, Ann\nline two",\n'
        '2,2024,NULL,""\n'
        "\n"
        '3,2024, 5" pipe ,\\N\n',
    )
    trial.load()
    assert leads(trial, "lead_id", "name", "email", "_source_row") == [
        ("1", 'O"Hara, Ann\nline two', None, 1),
        ("2", "NULL", None, 2),
        ("3", ' 5" pipe ', "\\N", 3),
    ]


def test_records_of_a_json_document_are_rows(trial: Trial) -> None:
    trial.land(
        "leads/a.json",
        '[{"leadId": 1, "created_at": "2024", "of": {"x": {"y": "Ana"}, "z": []}}, 7, '
        '{"leadId": 2, "name": "\\ud800"},\n {"leadId": 3, "of": {"x": null}}]',
    )
    trial.load()
    columns = ("lead_id", "of_x_y", "of_z", "_source_row", "_load_error")
    assert leads(trial, *columns) == [
        ("1", "Ana", "[]", 1, None),
        (None, None, None, 2, "record 2: not a JSON object"),
        (None, None, None, 3, "record 3: not a JSON object"),
        ("3", None, None, 4, None),
    ]


@pytest.mark.parametrize(
    ("records", "document"),
    [("", "[{}]"), ("data", '{"ok": 1, "data": [{}]}'), ("a.b", '{"a": {"b": [{}], "c": []}}')],
)
def test_records_lie_where_the_table_says(tmp_path: Path, records: str, document: str) -> None:
    table = replace(contract_tables()["leads"], records=records)
    landed, lines = tmp_path / "a.json", tmp_path / "a.jsonl"
    landed.write_text(document.replace("{}", '{"lead_id": 12345678901234567890}'), "utf-8")
    write_record_lines(landed, table, lines)
    assert lines.read_text("utf-8") == '{"lead_id": 12345678901234567890}\n'
    with pytest.raises(FileError, match="no array of records"):
        write_record_lines(landed, replace(table, records="elsewhere"), lines)


def test_two_values_for_one_column_are_refused(trial: Trial) -> None:
    trial.land("leads/a.json", '[{"lead_id": 1, "created_at": 2, "of.x": 1, "of": {"x": 2}}]')
    [result] = trial.load().files
    assert "columns 'of.x' and 'of.x' both land in 'of_x'" in str(result.error)


def test_a_document_may_be_one_long_line(trial: Trial) -> None:
    records = [{"lead_id": number, "created_at": "2024"} for number in range(40_000)]
    trial.land("leads/a.json", json.dumps(records))
    [result] = trial.load().files
    assert (result.row_count, result.error) == (40_000, None)


def test_json_values_become_text(trial: Trial) -> None:
    trial.land(
        "leads/a.jsonl",
        '{"lead_id": 1, "created_at": "2024", "is_test": true, "email": null, "name": ""}\n\n'
        '{"lead_id": "2", "created_at": "2024", "a/b~c": {"x": [1, "y"]}, "name": "\\u00e9"}\r\n',
    )
    trial.load()
    assert leads(trial, "lead_id", "is_test", "email", "name", "a_b_c_x", "_source_row") == [
        ("1", "true", None, None, None, 1),
        ("2", None, None, "é", '[1,"y"]', 2),
    ]


def test_parquet_values_become_text(trial: Trial) -> None:
    moment = datetime(2024, 3, 1, 12, 30, 0, 500000)
    values: dict[str, tuple[Any, str | None]] = {
        "lead_id": (pa.array([12.0]), "12"),
        "created_at": (pa.array([moment]), "2024-03-01 12:30:00.5"),
        "updated_at": (pa.array([moment.replace(tzinfo=UTC)]), "2024-03-01 12:30:00.5+00"),
        "birth_year": (pa.array([date(2024, 3, 1)]), "2024-03-01"),
        "company_revenue": (pa.array([Decimal("1.10")]), "1.10"),
        "employee_count": (pa.array([0.5]), "0.5"),
        "income_band": (pa.array([float("nan")]), None),
        "is_test": (pa.array([True]), "true"),
        "email": (pa.array([""]), None),
        "name": (pa.array([b"Zo\xc3\xab"], pa.binary()), "Zoë"),
        "main_challenge": (pa.array([{"a": [1, 2]}]), '{"a":[1,2]}'),
        "interest": (pa.array([["x", None]]), '["x",null]'),
        "status": (pa.array(["new"]).dictionary_encode(), "new"),
        'say "hi"': (pa.array([1]), "1"),
    }
    trial.land("leads/a.parquet", parquet({name: value for name, (value, _) in values.items()}))
    report = trial.load()
    assert [result.error for result in report.files] == [None]
    columns = [*[*values][:-1], "say_hi"]
    assert leads(trial, *columns) == [tuple(text for _, text in values.values())]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", LEADS),
        ("a.csv", LEADS.strip()),
        (
            "a.parquet",
            parquet(
                {"lead_id": pa.array([], pa.string()), "created_at": pa.array([], pa.string())}
            ),
        ),
    ],
)
def test_file_without_rows_is_loaded(trial: Trial, name: str, content: str | bytes) -> None:
    trial.land(f"leads/{name}", content)
    assert [(r.row_count, r.error) for r in trial.load().files] == [(0, None)]
    assert trial.query("select row_count, error from raw_files.landed_files") == [(0, None)]


def test_extra_columns_are_kept_and_come_when_they_come(trial: Trial) -> None:
    trial.land("leads/a.csv", ",lead_id,created_at,Teléfono (2)\n0,1,2024,555\n")
    trial.load()
    trial.land("leads/b.csv", "created_at,lead_id,Shoe size\n2024,2,44\n")
    trial.land("leads/c.csv", f"{LEADS}3,2024\n")
    trial.load()
    found = trial.query(
        "select lead_id, unnamed_1, telefono_2, shoe_size from raw_files.leads order by lead_id"
    )
    assert found == [("1", "0", "555", None), ("2", None, None, "44"), ("3", None, None, None)]


def test_many_batches_keep_every_row_and_its_number(trial: Trial) -> None:
    many, some = 130_000, 45_000
    buffer = io.BytesIO()
    rows = pa.table({"lead_id": pa.array(range(1, many + 1)), "created_at": ["2024"] * many})
    pq.write_table(rows, buffer, row_group_size=50_000)
    lines = "".join(f'{i},"20\n24"\n' for i in range(1, some + 1))
    trial.land("leads/a.parquet", buffer.getvalue())
    trial.land("leads/b.csv", LEADS + lines)
    trial.land("leads/c.csv", f"{LEADS}{lines}too,many,fields\n")
    trial.land(
        "leads/d.jsonl",
        "".join(f'{{"lead_id": {i}, "created_at": 2024}}\n' for i in range(1, some + 1)),
    )
    trial.load()
    found = trial.query(
        "select _source_file, count(*), count(distinct _source_row),"
        " count(*) filter (lead_id = _source_row::varchar)"
        " from raw_files.leads group by 1 order by 1"
    )
    assert found == [
        ("leads/a.parquet", many, many, many),
        ("leads/b.csv", some, some, some),
        ("leads/c.csv", some + 1, some + 1, some),
        ("leads/d.jsonl", some, some, some),
    ]
