"""On a simulated company and the real models: no trace is left and no number moves."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb
import psycopg
import pytest
from pydantic import SecretStr
from support.postgres_server import PostgresServer

from orchestration.contract import PROJECT_DIR, raw_tables
from orchestration.erasure import search
from orchestration.releases import release_ids, verify
from orchestration.releases.postgres import Target, sync
from orchestration.warehouse.paths import Warehouse

GUIDE = PROJECT_DIR / "docs" / "guides" / "erase-a-person.md"
ROUNDING = 1e-9


@pytest.fixture(scope="module")
def company(
    tiny_warehouse: Warehouse, tiny_landing: Path, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """A company that was built and published; its landing folder lies beside it."""
    folder = tmp_path_factory.mktemp("company")
    shutil.copytree(tiny_landing, folder / "landing")
    return Warehouse(shutil.copytree(tiny_warehouse.root, folder / "warehouse", symlinks=True))


@pytest.fixture
def texts_of_release(company: Warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with each distinct text of the release, in the table `texts`."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{company.current_database}' as release (read_only)")
        connection.execute(f"attach '{company.work_database}' as work (read_only)")
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where database_name = 'release' and data_type = 'VARCHAR'"
        ).fetchall()
        assert len(columns) > 300
        union = " union ".join(
            f'select "{column}" as text from release.{schema}."{table}"'
            for schema, table, column in columns
        )
        connection.execute(f"create table texts as {union}")
        yield connection


def test_no_personal_value_is_in_a_release(texts_of_release: duckdb.DuckDBPyConnection) -> None:
    """By value, whatever the column is called; numbers such as a year of birth say nothing here."""
    leads = next(table for table in raw_tables("files") if table.name == "leads")
    declared = [column.name for column in leads.columns if column.pii in ("personal", "email")]
    assert set(declared) == {"email", "name", "phone", "company_name"}
    for column in declared:
        found = texts_of_release.execute(
            f"select count(*), count(*) filter (where texts.text is not null) "
            f"from (select distinct lower(trim({column})) as value from work.raw_files.leads) "
            "left join texts on lower(texts.text) = value where value is not null"
        ).fetchall()
        assert found[0][0] > 100
        assert found[0][1] == 0, f"{column} is in the release"


@pytest.mark.long(reason="test_erasing.py erases from a town: nothing is left and counts stay")
def test_the_guide_erases_a_person_and_no_number_moves(
    company: Warehouse,
    tmp_path: Path,
    query: Callable[..., list[tuple[str, ...]]],
    postgres_server: PostgresServer,
) -> None:
    folder = tmp_path / "company"
    shutil.copytree(company.root.parent, folder, symlinks=True)
    warehouse = Warehouse(folder / "warehouse")
    person, email, names = _somebody(warehouse, query)
    assert search(warehouse.root, names)
    postgres = postgres_server.new_database()
    sync(warehouse, Target(SecretStr(postgres)))
    assert tables_with(postgres, names) >= {"core.dim_leads"}

    for commands in re.findall(
        r"^```sh\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.M | re.S
    ):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=tmp_path,
            env={
                **os.environ,
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "PYTHONPATH": str(PROJECT_DIR),
                "EMAIL": email,
                "FUNNEL_LANDING": str(folder / "landing"),
                "FUNNEL_WAREHOUSE": str(warehouse.root),
                "FUNNEL_POSTGRES": postgres,
                "DBT_TARGET_PATH": str(tmp_path / "target"),
                "DBT_LOG_PATH": str(tmp_path / "logs"),
                "DBT_LOG_LEVEL_FILE": "info",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        (tmp_path / "logs").mkdir(exist_ok=True)
        with (tmp_path / "logs" / "said.txt").open("a") as file:
            file.write(done.stdout + done.stderr)

    assert "none is left" in done.stdout
    assert "leads/" in done.stdout
    for place in (warehouse.root, tmp_path / "target", tmp_path / "logs"):
        assert search(place, [*names, person]) == []
    assert tables_with(postgres, [*names, person]) == set()
    old, new = release_ids(warehouse)
    for release_id in (old, new):
        verify(warehouse.releases_dir / release_id)
    before = company.current_database
    assert_same_numbers(before, warehouse.releases_dir / old / before.name)
    assert_same_numbers(before, warehouse.current_database)


def tables_with(postgres: str, texts: Sequence[str]) -> set[str]:
    """The tables of a PostgreSQL database in which a row has one of the texts."""
    with psycopg.connect(postgres) as connection:
        tables = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables "
            "where table_schema in ('core', 'marts')"
        ).fetchall()
        assert len(tables) > 70
        patterns = [f"%{text}%" for text in texts]
        return {
            table
            for (table,) in tables
            if connection.execute(
                f"select 1 from {table} as found where found::text ilike any(%s) limit 1",
                [patterns],
            ).fetchone()
        }


def _somebody(
    warehouse: Warehouse, query: Callable[..., list[tuple[str, ...]]]
) -> tuple[str, str, list[str]]:
    """A person with an address who bought, with as many leads as anybody: key, address, names."""
    [(person,)] = query(
        warehouse.work_database,
        """
        select persons.person_key
        from intermediate.int_lead_persons as persons
        inner join core.fct_orders as orders on persons.person_key = orders.person_key
        where persons.has_email
        group by 1
        order by count(distinct persons.lead_id) desc, 1
        limit 1
        """,
    )
    rows = query(
        warehouse.work_database,
        f"""
        select lead_id, leads.email from raw_files.leads as leads
        inner join intermediate.int_lead_persons as persons using (lead_id)
        where person_key = '{person}'
        """,
    )
    emails = [email.strip().lower() for _, email in rows if email]
    return person, emails[0], [*(lead for lead, _ in rows), *emails]


def assert_same_numbers(before: Path, after: Path) -> None:
    """Every table has the same rows but for keys and ids, up to the rounding of a sum."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{before}' as a (read_only)")
        connection.execute(f"attach '{after}' as b (read_only)")
        tables = connection.execute(
            "select schema_name, table_name, list((column_name, data_type)) from duckdb_columns() "
            "where database_name = 'a' group by all order by all"
        ).fetchall()
        assert len(tables) > 70
        for schema, table, columns in tables:
            if table == "fct_landed_files" or "restatement" in table:
                continue
            values = ", ".join(
                f'round("{name}" / {ROUNDING}) * {ROUNDING}' if kind == "DOUBLE" else f'"{name}"'
                for name, kind in columns
                if not name.endswith("_key") and name not in ("lead_id", "customer_id")
            )
            moved = connection.execute(
                f'select {values} from a.{schema}."{table}" '
                f'except all select {values} from b.{schema}."{table}"'
            ).fetchall()
            assert moved == [], f"{schema}.{table}: {moved[:3]}"
