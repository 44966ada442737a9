"""An id of Salesforce is one id, in 15 characters and in 18."""

from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from jinja2 import Environment

from orchestration.contract import PROJECT_DIR, Column, RawTable
from orchestration.erasure import (
    Register,
    carry_out,
    creations,
    find_person,
    keep_out,
    raw_rows,
    request,
    search,
    search_by_tombstones,
)
from orchestration.erasure.pseudonyms import PREFIX
from orchestration.erasure.salesforce_ids import forms, short_form
from orchestration.warehouse.paths import Warehouse

SHORT, LONG = "00Q5g00000Ab000", "00Q5g00000Ab000EAB"
OTHER = "00Q5g00000Ab001"
PEOPLE = RawTable(
    "crm",
    "people",
    "crm/people*",
    (Column("id", "string", "", pii="lead_id"), Column("email", "string", "", pii="email")),
)
HISTORY = RawTable(
    "crm",
    "history",
    "crm/history*",
    (Column("lead", "string", "", pii="lead_id"), Column("note", "string", "", pii="free_text")),
)
METADATA = (
    "'f' as _file_id, 'f.csv' as _source_file, row_number() over () as _source_row, "
    "timestamp '2025-01-01' as _loaded_at, null::varchar as _raw_text, null::varchar as _load_error"
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (SHORT, {SHORT, LONG}),
        (LONG, {SHORT, LONG}),
        # the checksum of another id, and an id of another system
        (f"{SHORT}EAA", {f"{SHORT}EAA"}),
        ("lead-1", {"lead-1"}),
    ],
)
def test_forms_are_those_that_the_models_take_for_one_id(text: str, found: set[str]) -> None:
    assert forms(text) == found
    files = ("dialect/full_match", "contract/salesforce_id")
    source = "\n".join((PROJECT_DIR / "macros" / f"{name}.sql").read_text() for name in files)
    environment = Environment(autoescape=False)
    environment.globals |= {"return": str}
    environment.globals["adapter"] = SimpleNamespace(
        dispatch=lambda name: getattr(macros, f"default__{name}")
    )
    macros = environment.from_string(source).module
    [[short]] = duckdb.sql(f"select {macros.salesforce_id(repr(text))}").fetchall()
    assert short == short_form(text)


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    monkeypatch.delenv("FUNNEL_ERASURE_KEY", raising=False)
    monkeypatch.setattr(raw_rows, "available_sources", lambda: ["crm"])
    for module in (raw_rows, creations):
        monkeypatch.setattr(module, "raw_tables", lambda _: [PEOPLE, HISTORY])
    found = Warehouse(tmp_path / "warehouse")
    found.build_dir.mkdir(parents=True)
    with duckdb.connect(str(found.work_database)) as connection:
        connection.execute(
            f"""
            create schema raw_crm; create schema intermediate;
            create table raw_crm.people as select *, {METADATA}
            from (values ('{LONG}', 'ada@home.example'), ('{OTHER}', 'bob@home.example'))
                as given (id, email);
            create table raw_crm.history as select *, {METADATA}
            from (values ('{SHORT}', 'asked'), ('{LONG}', 'bought'), ('{OTHER}', 'asked'))
                as given (lead, note);
            create table intermediate.int_lead_persons as
            select 'crm' as source_system, lead_id, lead_id as person_key
            from (values ('{SHORT}'), ('{OTHER}')) as given (lead_id);
            """
        )
    return found


def ids(warehouse: Warehouse, query: str) -> list[str]:
    with duckdb.connect(str(warehouse.work_database), read_only=True) as connection:
        return [value for (value,) in connection.execute(query).fetchall()]


@pytest.mark.parametrize(
    "who", [{"lead_id": SHORT}, {"lead_id": LONG}, {"email": "Ada@home.example"}]
)
def test_both_forms_are_erased_and_stay_one_id(
    warehouse: Warehouse, tmp_path: Path, who: dict[str, str]
) -> None:
    person = find_person(warehouse.work_database, **who)
    assert person.leads == [("crm", SHORT)]
    assert person.emails == {"ada@home.example"}
    assert person.rows == {"raw_crm.people": 1, "raw_crm.history": 2}
    with duckdb.connect() as connection:
        texts = person.search_terms(connection)
    assert {SHORT, LONG} <= texts
    request(warehouse, person, texts)
    assert carry_out(warehouse, lambda _: {})
    assert search(warehouse.root, texts) == []
    assert search_by_tombstones(warehouse, Register(warehouse), lambda _: {}) == []
    [pseudonym] = ids(warehouse, f"select id from raw_crm.people where id != '{OTHER}'")
    assert pseudonym.startswith(PREFIX)
    in_history = ids(warehouse, "select lead from raw_crm.history order by note, lead")
    assert in_history == [OTHER, pseudonym, pseudonym]

    # a form that no file of before had does not come back either
    path = tmp_path / "history.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select '{LONG}' as lead, 'again' as note, {METADATA}) "
            f"to '{path}' (format parquet)"
        )
    keep_out(warehouse, lambda _: {}, lambda _: None, [(HISTORY, path)])
    assert duckdb.sql(f"select lead from '{path}'").fetchall() == [(pseudonym,)]


def test_lead_that_is_found_by_the_address_is_erased_in_both_forms(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    """A later lead of the same address; its history has the other form of its id."""
    person = find_person(warehouse.work_database, email="ada@home.example")
    request(warehouse, person, [])
    carry_out(warehouse, lambda _: {})
    [again] = {form for form in forms("00Q5g00000Ab009") if len(form) == 18}
    paths = [tmp_path / "people.parquet", tmp_path / "history.parquet"]
    with duckdb.connect() as connection:
        for path, columns in zip(
            paths,
            (
                f"'{again}' as id, 'ada@home.example' as email",
                f"'{again[:15]}' as lead, '' as note",
            ),
            strict=True,
        ):
            connection.execute(f"copy (select {columns}, {METADATA}) to '{path}' (format parquet)")
    keep_out(
        warehouse,
        lambda _: {},
        lambda _: None,
        list(zip((PEOPLE, HISTORY), paths, strict=True)),
    )
    [[of_people]] = duckdb.sql(f"select id from '{paths[0]}'").fetchall()
    [[of_history]] = duckdb.sql(f"select lead from '{paths[1]}'").fetchall()
    assert of_people == of_history
    assert of_people.startswith(PREFIX)
