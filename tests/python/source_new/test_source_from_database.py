"""`funnel source new --database`: the tables of a database are pulled, and mapped."""

from pathlib import Path

import psycopg
import pytest
from support.postgres_server import PostgresServer

from orchestration.contract import Origin, extraction_of, filled_tables, raw_tables
from orchestration.extraction import ExtractionError
from orchestration.ingestion.discovery import find_files
from orchestration.settings import Settings, load_settings
from orchestration.source_new.database import new_source_of_database

CRM = """
create schema crm;
create table crm."Contacts" (
    id bigint primary key, email text, created_at timestamptz, "lastModifiedDate" timestamptz
);
insert into crm."Contacts"
select
    i, 'p' || i || '@example.com', '2024-01-01 10:00+01'::timestamptz + i * interval '1 day', now()
from generate_series(1, 40) as i;
create table crm.status_changes (
    id serial primary key, contact_id bigint, status text, at timestamptz
);
insert into crm.status_changes (contact_id, status, at)
select
    i, case when i % 2 = 0 then 'MQL' else 'SQL' end,
    '2024-03-01'::timestamptz + i * interval '1 hour'
from generate_series(1, 30) as i;
create table crm.audit_log (at timestamptz);
"""


@pytest.fixture
def settings(
    postgres_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    url = postgres_server.new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(CRM)
    monkeypatch.setenv("SOURCES__ACME__CREDENTIALS", url)
    return load_settings({"landing": tmp_path / "landing", "warehouse": tmp_path / "warehouse"})


def test_tables_are_pulled_declared_with_their_origin_and_mapped(
    settings: Settings, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    made = new_source_of_database(
        settings, "acme", schema="crm", names=("Contacts", "status_changes"), project_dir=project
    )
    assert extraction_of("acme", project) == "sql_database"
    tables = raw_tables("acme", project)
    assert {table.name: table.origin for table in tables} == {
        "contacts": Origin("Contacts", "crm", "lastModifiedDate"),
        "status_changes": Origin("status_changes", "crm", None),
    }
    files, notes = find_files(settings.landing, tables)
    assert {file.table.name for file in files} == {"contacts", "status_changes"}
    assert notes == ()
    assert filled_tables("acme", project) == ["lead_status_changes", "leads"]
    yml = (made.folder / "_acme__sources.yml").read_text(encoding="utf-8")
    assert "# guess: lastModifiedDate grows whenever a row changes" in yml


def test_a_table_that_is_not_there_is_named_beside_those_that_are(settings: Settings) -> None:
    with pytest.raises(ExtractionError, match=r"has not leads in schema crm; it has .*Contacts"):
        new_source_of_database(settings, "acme", schema="crm", names=("leads",))
