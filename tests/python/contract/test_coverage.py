"""Mappings that split, join and filter: each landed row is accounted for, a lost one is named."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.contract import PROJECT_DIR

Run = Callable[..., str]
Query = Callable[[str], list[tuple[Any, ...]]]

COPIED = (
    "dbt_project.yml",
    "profiles.yml",
    "macros",
    "models/_docs.md",
    "models/staging/files/_files__sources.yml",
    "models/quarantine",
    "models/intermediate/landed",
    "seeds/word_aliases.csv",
    "seeds/word_aliases.yml",
    "tests/generic",
    "tests/assert_landed_rows_are_accounted_for.sql",
    "tests/assert_mapped_records_are_accounted_for.sql",
)
NEED_OTHER_MODELS = ("int_release_compared", "int_rows_since_release", "int_lost_references")

SOURCES = """
version: 2

sources:
  - name: acme
    schema: raw_acme
    tables:
      - name: deals
        columns: [{name: deal}, {name: contact}, {name: applied_on}, {name: won_on}]
      - name: log
        config:
          meta:
            left_out:
              - {reason: nobody wants to count them, when: event = 'page_view'}
              - {reason: written by a machine, when: user_id = 'bot'}
        columns: [{name: entry}, {name: event}, {name: contact}, {name: user_id}, {name: logged_at}]
      - name: users
        config: {meta: {role: lookup}}
        columns: [{name: user_id}, {name: rep}]
      - name: landed_files
        columns: [{name: file_id}]
"""
MAPPINGS = {
    # two mappings of one table; one of them makes several records of a row
    "leads": """
{{ map_table(source('acme', 'deals'), {'lead_id': 'contact', 'created_at': 'applied_on'}) }}
""",
    "lead_status_changes": """
with source as (
    select *, 'applied' as status, applied_on as status_on from {{ source('acme', 'deals') }}
    union all
    select *, 'won' as status, won_on as status_on from {{ source('acme', 'deals') }}
    where won_on is not null
),

{{ conform({
    'event_id': "deal || '-' || status",
    'lead_id': 'contact',
    'changed_at': 'status_on',
    'to_status': 'status',
}, part='status') }}

select * from conformed
""",
    # a log that feeds two tables, with a lookup
    "activities": """
with source as (
    select log.*, users.rep
    from {{ source('acme', 'log') }} as log
    left join {{ newest_rows(source('acme', 'users'), ['user_id']) }} as users
        on log.user_id = users.user_id
    where log.event = 'call'
),

{{ conform({
    'activity_id': 'entry',
    'lead_id': 'contact',
    'activity_type': 'event',
    'occurred_at': 'logged_at',
    'rep_id': 'rep',
}) }}

select * from conformed
""",
    "orders": """
with source as (
    select * from {{ source('acme', 'log') }} where event = 'order'
),

{{ conform({
    'order_id': 'entry',
    'customer_id': 'contact',
    'ordered_at': 'logged_at',
    'amount': "'1'",
    'currency': "'EUR'",
    'status': "'paid'",
}) }}

select * from conformed
""",
}
RAW = {
    "deals": [
        ("deal", "contact", "applied_on", "won_on"),
        ("D1", "C1", "2025-01-01", "2025-02-01"),
        ("D2", "C2", "2025-01-02", None),
        ("D3", "C3", "2025-01-03", "soon"),
        None,
    ],
    "log": [
        ("entry", "event", "contact", "user_id", "logged_at"),
        ("E1", "call", "C1", "U1", "2025-01-05"),
        ("E2", "page_view", "C1", None, "2025-01-05"),
        ("E3", "order", "C1", None, "2025-02-01"),
        None,
    ],
    "users": [("user_id", "rep"), ("U1", "R0"), ("U2", "R2"), ("U1", "R1")],
}
"""Header, then rows; None = a line that the loader could not read."""

UNREADABLE = "has 1 field instead of many"
STAGING = "models/staging/acme"
CHANGES = "models/intermediate/landed/int_lead_status_changes_versioned.sql"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of the contract and one source with the hard cases."""
    folder = tmp_path_factory.mktemp("coverage")
    for name in COPIED:
        origin, copy = PROJECT_DIR / name, folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if origin.is_dir():
            shutil.copytree(origin, copy)
        else:
            shutil.copy(origin, copy)
    for path in (folder / "models" / "intermediate" / "landed").iterdir():
        if path.stem in NEED_OTHER_MODELS:
            path.unlink()
    (folder / STAGING).mkdir(parents=True)
    (folder / STAGING / "_acme__sources.yml").write_text(SOURCES, encoding="utf-8")
    for table, sql in MAPPINGS.items():
        (folder / STAGING / f"stg_acme__{table}.sql").write_text(sql, encoding="utf-8")
    (folder / "warehouse" / "build").mkdir(parents=True)
    with duckdb.connect(str(folder / "warehouse/build/warehouse.duckdb")) as connection:
        _land(connection)
    return folder


def _land(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema raw_acme")
    connection.execute(
        "create table raw_acme.landed_files (file_id text, table_name text, source_file text, "
        "error text, byte_count bigint, row_count bigint, loaded_at timestamp, may_delete boolean)"
    )
    for table, (header, *rows) in RAW.items():
        assert header is not None
        columns = ", ".join(f"{name} text" for name in header)
        connection.execute(
            f"create table raw_acme.{table} ({columns}, _file_id text, _source_file text, "
            "_source_row bigint, _loaded_at timestamp, _load_error text, _raw_text text)"
        )
        connection.execute(
            "insert into raw_acme.landed_files "
            f"values ('{table}', '{table}', '{table}.csv', null, 1, 0, '2025-03-01', false)"
        )
        for row in rows:
            land_row(connection, table, row)


def land_row(
    connection: duckdb.DuckDBPyConnection, table: str, row: tuple[str | None, ...] | None
) -> None:
    """Add a row to the one file of a raw table."""
    header = RAW[table][0]
    assert header is not None
    values = [*(row or (None,) * len(header)), None if row else UNREADABLE, None if row else "?"]
    marks = ", ".join("?" for _ in header)
    connection.execute(
        f"insert into raw_acme.{table} select {marks}, '{table}', '{table}.csv', "
        f"(select count(*) + 1 from raw_acme.{table}), timestamp '2025-03-01', ?, ?",
        values,
    )
    connection.execute(
        f"update raw_acme.landed_files set row_count = row_count + 1 where file_id = '{table}'"
    )


@pytest.fixture(scope="module")
def run(project: Path) -> Run:
    """`run(*arguments)` runs dbt on the project and returns what it says."""
    tables = " ".join(MAPPINGS)

    def dbt(*arguments: str, succeeds: bool = True) -> str:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "dbt.cli.main", "--no-use-colors", *arguments),
                *("--vars", f"{{lead_sources: {{acme: {tables}}}}}"),
            ],
            cwd=project,
            env={"PATH": "/usr/bin:/bin", "HOME": str(project), "FUNNEL_WAREHOUSE": "warehouse"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) is succeeds, done.stdout + done.stderr
        return done.stdout

    return dbt


@pytest.fixture(scope="module")
def built(project: Path, run: Run) -> Query:
    """The project, built and tested; a query of its database."""
    run("build", "--exclude", "test_type:unit")

    def query(sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(project / "warehouse/build/warehouse.duckdb")) as connection:
            return connection.execute(sql).fetchall()

    return query


def test_rows_are_used_left_out_unreadable_or_a_lookup(built: Query) -> None:
    rows = built(
        "select raw_table, is_lookup, landed_rows, used_rows, left_out_rows, unreadable_rows, "
        "unaccounted_rows, contradicted_rows from intermediate.int_file_coverage order by 1"
    )
    assert rows == [
        ("deals", False, 4, 3, 0, 1, 0, 0),
        ("log", False, 4, 2, 1, 1, 0, 0),
        ("users", True, 3, 0, 0, 0, 0, 0),
    ]


def test_a_row_becomes_a_record_per_part(built: Query) -> None:
    rows = built(
        "select event_id, _source_row, _source_part, _outcome "
        "from intermediate.int_lead_status_changes_versioned order by 1"
    )
    assert rows == [
        ("D1-applied", 1, "applied", "staged"),
        ("D1-won", 1, "won", "staged"),
        ("D2-applied", 2, "applied", "staged"),
        ("D3-applied", 3, "applied", "staged"),
        ("D3-won", 3, "won", "quarantined"),
    ]


def test_a_lookup_gives_the_value_that_landed_last(built: Query) -> None:
    assert built("select activity_id, rep_id from intermediate.int_activities_versioned") == [
        ("E1", "R1")
    ]


def test_quarantine_has_the_part_and_rows_that_no_mapping_saw(built: Query) -> None:
    rows = built(
        "select raw_table, contract_table, source_row, source_part, reason, raw_text "
        "from quarantine.quarantined_rows order by 1, 2"
    )
    landed = '{"deal":"D3","contact":"C3","applied_on":"2025-01-03","won_on":"soon"}'
    reason = "changed_at is not a timestamp"
    assert rows == [
        ("deals", "lead_status_changes", 3, "won", reason, landed),
        ("deals", None, 4, None, UNREADABLE, "?"),
        ("log", None, 4, None, UNREADABLE, "?"),
    ]


@pytest.fixture(scope="module")
def complaints(built: Query, project: Path, run: Run) -> str:
    """Complaints about rows that no mapping takes, and a record that is lost after its mapping."""
    assert built("select 1 from intermediate.int_file_coverage")
    with duckdb.connect(str(project / "warehouse/build/warehouse.duckdb")) as connection:
        for number in range(5, 12):
            land_row(connection, "log", (f"E{number}", "sms", "C2", "U2", "2025-01-06"))
        land_row(connection, "log", ("E12", "call", "C2", "bot", "2025-01-06"))
    model = project / CHANGES
    mapped = model.read_text(encoding="utf-8")
    model.write_text(f"select * from ({mapped}) where event_id != 'D1-won'", encoding="utf-8")
    return run(
        *("build", "--select", "int_lead_status_changes_versioned", "int_activities_versioned"),
        *("int_landed_files", "int_file_outcomes", "int_file_coverage", "test_type:singular"),
        *("--exclude", "test_type:unit"),
        succeeds=False,
    )


def test_a_row_that_no_mapping_takes_is_named_with_the_remedy(complaints: str) -> None:
    assert (
        "acme.log, file log.csv: 7 rows (5, 6, 7, 8, 9, ...): no mapping takes them. "
        "Map them in models/staging/acme/, or declare in its yml what they are: "
        "`left_out: [{reason: ..., when: ...}]`, or `role: lookup` for the table."
    ) in complaints


def test_a_row_that_is_mapped_and_left_out_is_named(complaints: str) -> None:
    assert (
        "acme.log, file log.csv: 1 row (12): left_out names them, and a mapping takes them. "
        "Correct the mapping in models/staging/acme/, or `left_out` in its yml."
    ) in complaints


def test_a_record_that_is_lost_after_its_mapping_is_found(complaints: str) -> None:
    """The row still gives another record, so only the count of records shows it."""
    assert "acme.deals" not in complaints.replace("lead_status_changes from acme.deals", "")
    assert (
        "lead_status_changes from acme.deals, file deals.csv: the mapping gives 5 records, "
        "and 4 are staged, superseded, deleted or quarantined."
    ) in complaints


def test_a_declaration_that_says_nothing_is_refused(project: Path, run: Run) -> None:
    path = project / STAGING / "_acme__sources.yml"
    path.write_text(SOURCES.replace("role: lookup", "role: dictionary"), encoding="utf-8")
    said = run("compile", "--select", "int_unmapped_rows", succeeds=False)
    assert "The role of acme.users is 'dictionary'; there is only: lookup" in said
