"""Which column a header lands in: one rule, and the aliases that a source declares."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dlt.common.normalizers.naming.snake_case import NamingConvention
from hypothesis import given
from hypothesis import strategies as st
from support.loader_trial import Trial

from orchestration.contract import DeclarationError, raw_tables
from orchestration.ingestion import loader
from orchestration.ingestion.columns import read_header
from orchestration.ingestion.errors import FileError
from orchestration.text import column_name

TABLE = """\
sources:
  - name: acme
    tables:
      - name: contacts
        config: {{meta: {{files: acme/contacts*}}}}
        columns: [{columns}]
"""


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("lead_id", "lead_id"),
        ("Lead ID", "lead_id"),
        ("leadId", "lead_id"),
        ("createdAt", "created_at"),
        ("CREATED-AT", "created_at"),
        (" created at ", "created_at"),
        ("Fecha de creación", "fecha_de_creacion"),
        ("Téléphone (2)", "telephone_2"),
        ("Importe €", "importe"),
        ("2024 total", "_2024_total"),
        ("HTTPStatus", "http_status"),
        ("utm.source/medium", "utm_source_medium"),
        ("a__b", "a_b"),
        ("¿?", ""),
        ("", ""),
    ],
)
def test_rule_from_header_to_column(header: str, column: str) -> None:
    assert column_name(header) == column


@given(st.text() | st.text("abXY19_ -+*@|.(é"))
def test_library_that_writes_the_tables_leaves_the_names_as_they_are(header: str) -> None:
    name = column_name(header)
    assert name == "" or NamingConvention().normalize_identifier(name) == name
    assert column_name(name) == name


def declare(monkeypatch: pytest.MonkeyPatch, **aliases: str) -> None:
    """Give columns of `leads` an alias each."""
    monkeypatch.setattr(
        loader,
        "raw_tables",
        lambda source: [
            replace(
                table,
                columns=tuple(
                    replace(column, aliases=(column_name(aliases[column.name]),))
                    if column.name in aliases and table.name == "leads"
                    else column
                    for column in table.columns
                ),
            )
            for table in raw_tables(source)
        ],
    )


def test_alias_lands_in_its_column_in_every_format(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(monkeypatch, created_at="Fecha de creación", email="Correo")
    row = {"Lead ID": "1", "FECHA DE CREACION": "2024", "correo": "a@b.example"}
    trial.land("leads/a.csv", f"{';'.join(row)}\n{';'.join(row.values())}\n")
    trial.land("leads/b.jsonl", json.dumps(row))
    buffer = io.BytesIO()
    pq.write_table(pa.table({name: [value] for name, value in row.items()}), buffer)
    trial.land("leads/c.parquet", buffer.getvalue())
    assert [result.error for result in trial.load().files] == [None] * 3
    found = trial.query("select lead_id, created_at, email from raw_files.leads")
    assert found == [("1", "2024", "a@b.example")] * 3


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("Lead ID,lead_id,created_at", "columns 'Lead ID' and 'lead_id' both land in 'lead_id'"),
        ("lead_id,created_at,alta", "columns 'created_at' and 'alta' both land in 'created_at'"),
    ],
)
def test_two_headers_of_one_column_are_refused(
    trial: Trial, monkeypatch: pytest.MonkeyPatch, header: str, said: str
) -> None:
    declare(monkeypatch, created_at="alta")
    trial.land("leads/a.csv", f"{header}\n1,2,3\n")
    [result] = trial.load().files
    assert str(result).startswith(f"REFUSED leads/a.csv: line 1: {said}. Rename or remove one")


def test_missing_required_column_is_proposed_by_its_near_name() -> None:
    [leads] = [table for table in raw_tables("files") if table.name == "leads"]
    with pytest.raises(FileError) as refused:
        read_header(["Lead ID", "Create date", "Mail"], leads)
    assert str(refused.value).startswith("required column 'created_at' is missing (found: lead_id")
    with pytest.raises(FileError) as refused:
        read_header(["Lead ID", "Created On", "Mail"], leads)
    assert str(refused.value).endswith(
        "Rename 'Created On' to 'created_at', or name it under `aliases` of the column in "
        "models/staging/files/_files__sources.yml."
    )


def test_near_name_of_an_optional_column_is_found_by_its_alias_too() -> None:
    [leads] = [table for table in raw_tables("files") if table.name == "leads"]
    phone = next(column for column in leads.columns if column.name == "phone")
    columns = tuple(
        replace(column, aliases=("telefono",)) if column == phone else column
        for column in leads.columns
    )
    header = read_header(
        ["lead_id", "created_at", "Telefonos", "e-mail", "shoe size"],
        replace(leads, columns=columns),
    )
    assert header.near_names == {"phone": "Telefonos", "email": "e-mail"}


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("{name: alta, aliases: [Correo]}, {name: correo}", "'correo' is also that of column 'al"),
        ("{name: a, aliases: [C d]}, {name: b, aliases: [cD]}", "'c_d' is also that of column 'a'"),
        ("{name: Alta}", "column 'Alta' of contacts: the loader names it 'alta'. Write it so."),
        ("{name: alta, aliases: ['¿?']}", "an alias without letters or digits"),
    ],
)
def test_name_that_two_columns_claim_is_an_error(tmp_path: Path, columns: str, said: str) -> None:
    staging = tmp_path / "models" / "staging" / "acme"
    staging.mkdir(parents=True)
    declared = columns.replace("{name", "{data_type: string, description: '', name").replace(
        ", aliases: ", ", config: {meta: {aliases: "
    )
    declared = declared.replace("]}", "]}}}")
    (staging / "_acme__sources.yml").write_text(TABLE.format(columns=declared), encoding="utf-8")
    with pytest.raises(DeclarationError) as error:
        raw_tables("acme", tmp_path)
    assert str(error.value).startswith("models/staging/acme/_acme__sources.yml: column '")
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("{name: alta, data_type: date}", "column alta: it has no description"),
        ("{name: alta, description: ''}", "column alta: it has no data_type"),
        ("{data_type: date, description: ''}", "column number 1: it has no name"),
    ],
)
def test_column_that_is_not_wholly_declared_is_named(
    tmp_path: Path, column: str, said: str
) -> None:
    staging = tmp_path / "models" / "staging" / "acme"
    staging.mkdir(parents=True)
    (staging / "_acme__sources.yml").write_text(TABLE.format(columns=column), encoding="utf-8")
    with pytest.raises(DeclarationError) as error:
        raw_tables("acme", tmp_path)
    assert f"models/staging/acme/_acme__sources.yml: table contacts, {said}" in str(error.value)
