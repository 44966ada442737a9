"""A history of properties loses what is personal of the erased person, and nothing else."""

from pathlib import Path

import duckdb
import pytest

from orchestration.contract import Column, Properties, RawTable
from orchestration.erasure import (
    carry_out,
    creations,
    find_person,
    keep_out,
    raw_rows,
    request,
    search,
)
from orchestration.erasure.pseudonyms import PREFIX
from orchestration.warehouse.paths import Warehouse

PROPERTIES = Properties(
    "property",
    (("email", "email"), ("firstname", "personal"), ("note", "free_text"), ("stage", None)),
)
HISTORY = RawTable(
    "acme",
    "history",
    "acme/history*",
    (
        Column("id", "string", "", pii="lead_id"),
        Column("property", "string", ""),
        Column("value", "string", "", properties=PROPERTIES),
    ),
)
ROWS = [
    ("ada-0001", "email", "Ada@home.example"),
    ("ada-0001", "firstname", "Ada Lovelace"),
    ("ada-0001", " firstname ", "Augusta"),
    ("ada-0001", "stage", "customer"),
    ("ada-0001", "note", "hello"),
    ("ada-0001", "note", "has a daughter, Ada"),
    ("ada-0001", "shoe_size", "37"),
    ("ada-0001", "EMAIL", "ada@work.example"),
    (None, "firstname", "Ada Lovelace"),
    ("bob-0001", "email", "bob@home.example"),
    ("bob-0001", "firstname", "Bob Byron"),
    ("bob-0001", "stage", "customer"),
    ("bob-0001", "note", "hello"),
    ("bob-0001", "shoe_size", "44"),
]
METADATA = (
    "'f' as _file_id, 'f.csv' as _source_file, row_number() over () as _source_row, "
    "timestamp '2025-01-01' as _loaded_at, null::varchar as _raw_text, null::varchar as _load_error"
)


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    monkeypatch.delenv("FUNNEL_ERASURE_KEY", raising=False)
    monkeypatch.setattr(raw_rows, "available_sources", lambda: ["acme"])
    for module in (raw_rows, creations):
        monkeypatch.setattr(module, "raw_tables", lambda _: [HISTORY])
    found = Warehouse(tmp_path / "warehouse")
    found.build_dir.mkdir(parents=True)
    with duckdb.connect(str(found.work_database)) as connection:
        connection.execute("create schema raw_acme; create schema intermediate")
        connection.execute("create table rows_of (id varchar, property varchar, value varchar)")
        connection.executemany("insert into rows_of values (?, ?, ?)", ROWS)
        connection.execute(
            f"create table raw_acme.history as select *, {METADATA} from rows_of; drop table "
            "rows_of; create table intermediate.int_lead_persons as select distinct 'acme' as "
            "source_system, id as lead_id, id as person_key from raw_acme.history where id notnull"
        )
    return found


def rows_of(warehouse: Warehouse) -> list[tuple[str | None, str, str | None]]:
    with duckdb.connect(str(warehouse.work_database), read_only=True) as connection:
        return connection.execute("select id, property, value from raw_acme.history").fetchall()


def erase(warehouse: Warehouse) -> None:
    person = find_person(warehouse.work_database, email=" ADA@home.example")
    assert person.leads == [("acme", "ada-0001")]
    assert person.names == {"Ada Lovelace", "Augusta"}
    with duckdb.connect() as connection:
        texts = person.search_terms(connection)
    request(warehouse, person, texts)
    assert carry_out(warehouse, lambda _: {})
    assert search(warehouse.root, texts) == []


def test_exactly_the_personal_properties_of_the_person_go(warehouse: Warehouse) -> None:
    erase(warehouse)
    left = rows_of(warehouse)
    assert sorted(row for row in left if row[0] == "bob-0001") == sorted(ROWS[-5:])
    theirs = {row[0] for row in left if row[0] != "bob-0001"} - {None}
    [pseudonym] = theirs
    assert pseudonym is not None and pseudonym.startswith(PREFIX)
    values = [(name.strip(), value) for who, name, value in left if who == pseudonym]
    assert [value for name, value in values if name == "stage"] == ["customer"]
    assert {value for name, value in values if name == "note"} == {"hello", None}
    [email] = [value for name, value in values if name == "email"]
    assert email is not None and email.startswith(PREFIX)
    # a property that nobody declared may be personal, and so may one that is written otherwise
    gone = ("firstname", "shoe_size", "EMAIL")
    assert [value for name, value in values if name in gone] == [None] * 4
    assert [row for row in left if row[0] is None] == [(None, "firstname", None)]


def test_history_of_the_person_does_not_come_back(warehouse: Warehouse, tmp_path: Path) -> None:
    erase(warehouse)
    path = tmp_path / "history.parquet"
    with duckdb.connect() as connection:
        connection.execute("create table again (id varchar, property varchar, value varchar)")
        # another lead of the same address, whose name the request did not know
        again = [
            ("ada-0077", "email", "ada@home.example"),
            ("ada-0077", "firstname", "Ada King"),
            ("ada-0077", "stage", "customer"),
            ("eve-0001", "firstname", "Eve"),
        ]
        connection.executemany("insert into again values (?, ?, ?)", again)
        connection.execute(f"copy (select *, {METADATA} from again) to '{path}' (format parquet)")
    keep_out(warehouse, lambda _: {}, lambda _: None, [(HISTORY, path)])
    with duckdb.connect() as connection:
        left = connection.execute(
            f"select id, property, value from read_parquet('{path}')"
        ).fetchall()
    assert sorted(left)[-1] == again[-1]
    assert {who.startswith(PREFIX) for who, _, _ in left if who != "eve-0001"} == {True}
    values = {name: value for who, name, value in left if who != "eve-0001"}
    assert (values["firstname"], values["stage"]) == (None, "customer")
    assert values["email"].startswith(PREFIX)
