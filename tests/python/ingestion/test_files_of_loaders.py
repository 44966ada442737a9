"""Files as other loaders write them land as if the loader were not there."""

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.loader_trial import Trial

from orchestration import loaders
from orchestration.contract import Column, DeclarationError, RawTable, raw_tables
from orchestration.erasure.raw_rows import RawRows
from orchestration.ingestion import LoadReport
from orchestration.ingestion.header import Header
from orchestration.ingestion.report import FileResult
from orchestration.source_check.headers import landed_columns, near_names

RECORD = {"leadId": 1, "created_at": "2024", "of": {"x": "Ana"}, "tags": ["a"]}
AIRBYTE = {"_airbyte_raw_id": "r", "_airbyte_extracted_at": 1700000000000}


def parquet(columns: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def quoted(record: dict[str, Any]) -> str:
    return '"' + json.dumps(record).replace('"', '""') + '"'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", lines({**AIRBYTE, "_airbyte_data": RECORD})),
        ("a.csv", f"{','.join(AIRBYTE)},_airbyte_data\nr,1700000000000,{quoted(RECORD)}\n"),
        (
            "a.parquet",
            parquet({k: [v] for k, v in AIRBYTE.items()} | {"_airbyte_data": [json.dumps(RECORD)]}),
        ),
        ("b.parquet", parquet({k: [v] for k, v in {**AIRBYTE, "_airbyte_data": RECORD}.items()})),
        ("flat.jsonl", lines({**AIRBYTE, **RECORD})),
    ],
)
def test_record_in_a_column_of_airbyte_becomes_columns(
    trial: Trial, name: str, content: str | bytes
) -> None:
    trial.land(f"leads/{name}", content)
    assert [result.error for result in trial.load().files] == [None]
    assert trial.query(
        "select lead_id, created_at, of_x, tags, _airbyte_raw_id, _airbyte_extracted_at,"
        " _source_row, _load_error from raw_files.leads"
    ) == [("1", "2024", "Ana", '["a"]', "r", "1700000000000", 1, None)]


def test_row_whose_record_is_no_json_is_kept_with_its_text(trial: Trial) -> None:
    trial.land(
        "leads/a.csv", f'_airbyte_raw_id,_airbyte_data\nr,{quoted(RECORD)}\ns,"{{cut"\nt,\nu,1,2\n'
    )
    [result] = trial.load().files
    assert (result.row_count, result.rejected_row_count) == (4, 3)
    assert trial.query(
        "select _load_error, _raw_text from raw_files.leads where lead_id is null"
        " order by _source_row"
    ) == [
        ("row 2: not a JSON object", "{cut"),
        ("row 3: not a JSON object", ""),
        ("row 4: not a JSON object", "u,1,2"),
    ]


MESSAGES = lines(
    {"type": "SCHEMA", "stream": "leads", "schema": {"properties": {}}, "key_properties": ["id"]},
    {"type": "RECORD", "stream": "leads", "record": RECORD, "time_extracted": "2024-01-01T00:00Z"},
    {"type": "RECORD", "stream": "deals", "record": {"id": 7, "amount": 5}},
    {"type": "RECORD", "stream": "leads", "record": {"lead_id": 2, "type": "x"}, "version": 1},
    {"type": "STATE", "value": {"bookmarks": {}}},
)


def test_messages_of_singer_land_with_their_records_as_rows(trial: Trial) -> None:
    trial.land("leads/a.jsonl", "".join(MESSAGES.splitlines(keepends=True)[:2]) + "{\n")
    [result] = trial.load().files
    assert (result.row_count, result.rejected_row_count, result.error) == (3, 1, None)
    assert trial.query(
        "select lead_id, of_x, _sdc_time_extracted, _sdc_stream, _source_row, _load_error"
        " from raw_files.leads order by _source_row"
    ) == [
        (None, None, None, None, 1, "message of a loader"),
        ("1", "Ana", "2024-01-01T00:00Z", "leads", 2, None),
        (None, None, None, None, 3, "line 3: not a JSON object"),
    ]


def test_file_of_several_streams_needs_a_declaration(trial: Trial) -> None:
    trial.land("leads/a.jsonl", MESSAGES)
    [result] = trial.load().files
    assert result.error is not None
    assert "2 streams; its streams are 'deals', 'leads'" in result.error
    assert "`stream: <name>`" in result.error


def test_columns_of_loaders_are_neither_unknown_nor_personal() -> None:
    table = RawTable("acme", "leads", "x", (Column("_fivetran_syncd", "string", "Like it."),))
    names = ("_fivetran_synced", "_sdc_deleted_at", "_dlt_load_id", "phone")
    columns = tuple(table.column_of(name) for name in names)
    assert columns == ("_fivetran_synced", "_sdc_deleted_at", "dlt_load_id", "phone")
    header = Header(table, names, columns)
    result = FileResult("acme", "leads", "a.csv", header=header)
    report = LoadReport((result,), 0, ())
    assert [found.header for found in landed_columns(report, with_values=True)] == ["phone"]
    assert near_names(report) == ()
    assert RawRows(table, "raw", columns).undeclared == ["phone"]


def test_columns_of_dlt_land_beside_those_of_the_load(trial: Trial) -> None:
    trial.land("leads/1700000000.5.abc.jsonl", lines({**RECORD, "_dlt_id": "x", "_dlt_load_id": 5}))
    trial.land("leads/init", "")
    trial.land("_dlt_loads/1.jsonl", "{}\n")
    trial.land("leads/_dlt_pipeline_state/1.jsonl", "{}\n")
    trial.land("leads/_SUCCESS", "")
    report = trial.load()
    assert ([result.error for result in report.files], report.notes) == ([None], ())
    found = trial.query("select dlt_id, dlt_load_id, _dlt_load_id <> '5' from raw_files.leads")
    assert found == [("x", "5", True)]


def test_declared_loader_adds_its_columns_to_each_table(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "staging" / "acme"
    folder.mkdir(parents=True)
    yml = folder / "_acme__sources.yml"
    yml.write_text(
        """
sources:
  - name: acme
    config: {meta: {loader: fivetran}}
    tables:
      - name: contacts
        config: {meta: {files: acme/contacts*}}
        columns:
          - {name: id, data_type: string, description: Id.}
          - {name: _fivetran_id, data_type: bigint, description: Ours.}
""",
        encoding="utf-8",
    )
    [table] = raw_tables("acme", tmp_path)
    types = {column.name: column.data_type for column in table.columns}
    assert types["_fivetran_id"] == "bigint"
    assert {*types} == {"id", *loaders.columns_of("fivetran")}
    yml.write_text(yml.read_text(encoding="utf-8").replace("fivetran}", "five}"), encoding="utf-8")
    with pytest.raises(DeclarationError, match="loader is 'five', not one of: dlt, airbyte"):
        raw_tables("acme", tmp_path)


def test_each_convention_says_what_its_columns_are() -> None:
    says = {says for loader in loaders.loaders() for says in loaders.columns_of(loader).values()}
    assert says <= {*loaders.TYPES}
    assert all(
        loaders.landed_name(column) == column and column == column.lower()
        for column in loaders.known_columns()
    )
