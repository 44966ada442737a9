"""Tables of a PostgreSQL database, pulled into the landing folder; a database that goes away."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from support.postgres_server import PASSWORD, PostgresServer

from orchestration.contract import Column, Origin, RawTable
from orchestration.extraction import ExtractionError, OriginAwayError, database
from orchestration.extraction.database import pull_tables

ROWS = 2_000
CONTACTS = f"""
create schema crm;
create table crm.contacts (
    id bigint primary key, email text, amount numeric(12, 3), tags text[], card jsonb,
    born date, called time, seen timestamp, updated_at timestamptz
);
insert into crm.contacts
select i, 'p' || i || '@example.com', i / 8.0, array['a', 'b'], '{{"vip": true}}',
    '2000-02-29', '12:30', '2024-01-05 10:00',
    '2024-01-05 10:00+02'::timestamptz + i * interval '1 s'
from generate_series(1, {ROWS}) as i;
"""


@dataclass
class Crm:
    """A source `acme` that is pulled from a database; its folders."""

    url: str
    folder: Path
    lines: list[str] = field(default_factory=list)

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    def pull(self, **origin: Any) -> None:
        table = contacts(**origin)
        pull_tables("acme", [table], self.landing, self.folder / "state", self.lines.append)

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    @property
    def files(self) -> list[Path]:
        return sorted(self.landing.glob("acme/contacts/*"))

    def rows(self, columns: str) -> list[tuple[Any, ...]]:
        """The rows of the landed files, in the order in which they landed."""
        names = [str(file) for file in self.files]
        return duckdb.sql(
            f"select {columns} from read_parquet({names}, filename = true) order by filename, id"
        ).fetchall()


def contacts(**origin: Any) -> RawTable:
    named = {"table": "contacts", "schema": "crm", **origin}
    column = Column("id", "string", "")
    return RawTable("acme", "contacts", "acme/contacts/*", (column,), origin=Origin(**named))


@pytest.fixture
def crm(
    postgres_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Crm]:
    url = postgres_server.new_database()
    monkeypatch.setenv("SOURCES__ACME__CREDENTIALS", url)
    crm = Crm(url, tmp_path)
    crm.execute(CONTACTS)
    return crm  # type: ignore[return-value]


def test_values_land_as_they_are(crm: Crm) -> None:
    crm.pull()
    [row, *_] = crm.rows("id, amount, tags, card, born, called, seen::text, updated_at::text")
    moment = duckdb.sql("select '2024-01-05 08:00:01+00'::timestamptz::text").fetchall()[0][0]
    assert [str(value) for value in row] == [
        *("1", "0.125", "{a,b}", '{"vip": true}', "2000-02-29", "12:30:00"),
        *("2024-01-05 10:00:00", moment),
    ]
    assert len(crm.rows("id")) == ROWS


def test_a_cursor_pulls_what_changed_and_rows_that_have_none(crm: Crm) -> None:
    crm.pull(cursor="updated_at")
    crm.execute("insert into crm.contacts (id, email) values (0, 'new@example.com')")
    crm.execute("update crm.contacts set email = 'x@y.es', updated_at = now() where id = 7")
    crm.pull(cursor="updated_at")
    assert len(crm.files) == 2
    # with the last row of before, which may have changed again at the same moment
    assert crm.rows("id")[ROWS:] == [(0,), (7,), (ROWS,)]
    crm.execute("delete from crm.contacts where id = 0")
    crm.pull(cursor="updated_at")
    crm.pull(cursor="updated_at")
    assert len(crm.files) == 3, "nothing is new after the row of the last moment landed alone"


def test_a_row_that_changes_again_on_the_day_of_its_cursor_lands_again(crm: Crm) -> None:
    crm.execute("alter table crm.contacts add changed_on date default '2024-06-01'")
    crm.pull(cursor="changed_on")
    crm.execute("update crm.contacts set email = 'x@y.es' where id = 7")
    crm.pull(cursor="changed_on")
    assert dict(crm.rows("id, email"))[7] == "x@y.es"


def test_a_whole_table_lands_again_only_where_it_changed(crm: Crm) -> None:
    crm.pull()
    crm.pull()
    assert len(crm.files) == 1
    assert crm.lines[-1].endswith(": nothing changed")
    crm.execute("delete from crm.contacts where id = 7")
    crm.pull()
    assert len(crm.files) == 2
    assert len(crm.rows("id")) == 2 * ROWS - 1


def test_tables_of_one_name_in_two_schemas_are_two(crm: Crm) -> None:
    crm.execute("create schema old; create table old.contacts as select 1 as id, 'ana' as name")
    former = replace(contacts(schema="old"), name="former_contacts", files="acme/former_contacts/*")
    pull_tables("acme", [contacts(), former], crm.landing, crm.folder / "state")
    assert len(crm.rows("id")) == ROWS
    [file] = crm.landing.glob("acme/former_contacts/*")
    assert duckdb.sql(f"from '{file}'").fetchall() == [(1, "ana")]


KILLED = """
import os, sys
from pathlib import Path
from test_database import contacts
from orchestration.extraction import database, landed_file
from orchestration.extraction.database import pull_tables

folder, where = Path(sys.argv[1]), sys.argv[2]
if where == "while reading":
    from dlt.sources.sql_database import helpers

    database.CHUNK_ROWS, chunks, made = 100, [], helpers.row_tuples_to_arrow
    def chunk(*args, **options):
        chunks.append(os._exit(9) if len(chunks) == 3 else made(*args, **options))
        return chunks[-1]
    helpers.row_tuples_to_arrow = chunk
elif where == "before the file is whole":
    landed_file.os.fsync = lambda number: os._exit(9)
else:
    database._land = lambda path, target, land=database._land: (land(path, target), os._exit(9))
pull_tables("acme", [contacts(cursor="updated_at")], folder / "landing", folder / "state")
"""


@pytest.mark.parametrize(
    "where", ["while reading", "before the file is whole", "after the file landed"]
)
def test_a_killed_pull_is_completed_by_the_next_one(crm: Crm, where: str) -> None:
    here = str(Path(__file__).parent)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(crm.folder), where],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([here, os.environ["PYTHONPATH"]])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode == 9, killed.stderr
    crm.execute("update crm.contacts set email = 'x@y.es', updated_at = now() where id = 7")
    crm.pull(cursor="updated_at")
    latest = dict(crm.rows("id, email"))
    assert len(latest) == ROWS
    assert latest[7] == "x@y.es"
    assert len(crm.rows("id")) <= ROWS + 2, "only the changed row and the last one landed twice"


def test_a_database_that_goes_away_in_the_middle(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "CHUNK_ROWS", 100)
    crm.execute(
        "create function crm.check_id(i bigint) returns bigint language plpgsql as $$ begin "
        f"if i = {ROWS // 2} then perform pg_terminate_backend(pg_backend_pid()); end if; "
        "return i; end $$;"
        "create view crm.guarded as select crm.check_id(id) as id, email from crm.contacts"
    )
    with pytest.raises(
        OriginAwayError, match="acme cannot be pulled from postgresql://127"
    ) as away:
        crm.pull(table="guarded")
    assert PASSWORD not in str(away.value)
    assert crm.files == []
    crm.execute(
        "create or replace function crm.check_id(i bigint) returns bigint "
        "language sql as 'select i'"
    )
    crm.pull(table="guarded")
    assert len(crm.rows("id")) == ROWS


def test_a_database_that_does_not_answer(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"postgresql://reader:{PASSWORD}@127.0.0.1:1/crm"
    monkeypatch.setenv("SOURCES__ACME__CREDENTIALS", url)
    with pytest.raises(OriginAwayError, match=r"127\.0\.0\.1/crm.*refused") as away:
        crm.pull()
    assert PASSWORD not in str(away.value)


@pytest.mark.parametrize(
    ("origin", "said"),
    [({"table": "kontakte"}, "kontakte"), ({"cursor": "changed_on"}, "changed_on")],
    ids=["table", "cursor"],
)
def test_what_the_database_lacks_is_named(crm: Crm, origin: dict[str, str], said: str) -> None:
    with pytest.raises(ExtractionError, match=f"{said}.*Correct its yml") as lacking:
        crm.pull(**origin)
    assert not isinstance(lacking.value, OriginAwayError)


def test_files_of_a_table_have_to_lie_where_it_is_pulled_to(crm: Crm) -> None:
    table = replace(contacts(), files="acme/kontakte*")
    with pytest.raises(ExtractionError, match=r"Write files: acme/contacts/\*"):
        pull_tables("acme", [table], crm.landing, crm.folder / "state")


@pytest.mark.parametrize("url", [None, f"no url {PASSWORD}"], ids=["none", "no URL"])
def test_a_database_that_is_not_configured(
    url: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if url:
        monkeypatch.setenv("SOURCES__ACME__CREDENTIALS", url)
    with pytest.raises(ExtractionError, match="SOURCES__ACME__CREDENTIALS") as unknown:
        pull_tables("acme", [contacts()], tmp_path / "landing", tmp_path / "state")
    assert PASSWORD not in str(unknown.value)
