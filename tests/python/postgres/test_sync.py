"""What is in a release is in PostgreSQL, and what is not is not."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import psycopg
import pytest
from postgres_readers import generation_in, schemas_in
from psycopg import sql
from pydantic import SecretStr
from support.generations import PROVENANCE
from support.postgres_server import PostgresServer

from orchestration.releases import ReleaseError, publish, rollback
from orchestration.releases.manifest import MANIFEST_FILE, Manifest, PublishedTable, verify
from orchestration.releases.postgres import PostgresError, Target, status, sync
from orchestration.releases.postgres.copy import NUL_MARK, RELEASE_TABLE, load_table
from orchestration.releases.postgres.target import transaction
from orchestration.sql import file_literal, identifier, literal, qualified
from orchestration.warehouse.paths import Warehouse

Publish = Callable[[int], str]

VALUES = r"""
    create schema core; create schema marts;
    create table core."Odd ""names" as
    select * from (values
        (1, 'plain', 0.1::double, 1.5::float, 12.30::decimal(18, 2),
            170141183460469231731687303715884105727::hugeint, true, date '2024-02-29',
            timestamp '2024-02-29 23:59:59.999999', timestamptz '2024-07-01 12:00:00+02',
            '-32768'::smallint, 9223372036854775807::bigint),
        (2, '', 'nan', 'inf', -0.01, -1, false, date '0001-01-01',
            timestamp '1969-12-31 23:59:59.000001', timestamptz '1900-01-01 00:00:00+00', 0, 0),
        (3, null, null, null, null, null, null, null, null, null, null, null),
        (4, 'quote " comma , line' || chr(10) || 'feed' || chr(13) || chr(9) || '\.', '-inf', 1e38,
            9999999999999999.99, 0, true, date '9999-12-31', timestamp '9999-12-31 00:00:00',
            timestamptz '2024-01-01 00:00:00+00', 1, -9223372036854775808),
        (5, '\.', 5e-324, -0.0, 0, 1, false, null, null, null, 7, 1),
        (6, '=cmd|'' /c''!A1; drop table x; --', 1.7976931348623157e308, 3.4028235e38, 1, 1, true,
            null, null, null, 7, 1),
        (7, 'NULL', 0.30000000000000004, 16777216, 1, 1, true, null, null, null, 7, 1),
        (8, 'año 🙂 ' || chr(1), -0.0, 0, 1, 1, true, null, null, null, 7, 1)
    ) as rows("Id", "select", "größe", f, amount, huge, flag, day, noted_at, at_zone, small, big);
    create table marts.mart_empty (metric varchar, value double);
"""


def make_release(warehouse: Warehouse, script: str) -> Manifest:
    warehouse.build_dir.mkdir(parents=True, exist_ok=True)
    warehouse.work_database.unlink(missing_ok=True)
    with duckdb.connect(str(warehouse.work_database)) as work:
        work.execute("set timezone = 'UTC'")
        work.execute(script)
    return publish(warehouse, keep=5, provenance=PROVENANCE)


def assert_same(url: str, warehouse: Warehouse, folder: Path) -> int:
    """Hold every row of the current release against PostgreSQL's own text of it; the rows."""
    manifest = verify(warehouse.current)
    rows = 0
    with (
        psycopg.connect(url) as postgres,
        duckdb.connect(str(warehouse.current_database), read_only=True) as release,
    ):
        postgres.execute("set timezone = 'UTC'")
        release.execute("set timezone = 'UTC'")
        for name, table in manifest.tables.items():
            text = folder / "table.csv"
            relation = sql.Identifier(*name.split(".", 1))
            with (
                text.open("wb") as file,
                postgres.cursor().copy(
                    sql.SQL("copy {} to stdout (format csv, header)").format(relation)
                ) as copied,
            ):
                for block in copied:
                    file.write(block)
            types = ", ".join(
                f"{literal(column)}: {literal(kind)}" for column, kind in table.columns.items()
            )
            release.execute(
                f"""
                create or replace temp view there as
                from read_csv(
                    {file_literal(text)}, header = true, columns = {{{types}}}, quote = '"',
                    escape = '"', allow_quoted_nulls = false, auto_detect = false
                )
                """
            )
            columns = ", ".join(map(identifier, table.columns))
            here = f"select {columns} from {qualified(name)}"
            there = f"select {columns} from there"
            differences = release.execute(
                f"""
                (select 'release', * from ({here} except all {there}) limit 3)
                union all
                (select 'postgres', * from ({there} except all {here}) limit 3)
                """
            ).fetchall()
            assert not differences, f"{name}: {differences}"
            rows += table.rows
    return rows


@pytest.fixture(scope="module")
def demo(demo_warehouse: Warehouse, postgres_server: PostgresServer) -> str:
    """URL of a database that has the demo company's release."""
    url = postgres_server.new_database()
    sync(demo_warehouse, Target(SecretStr(url)))
    return url


def test_every_row_of_the_demo_is_there(
    demo_warehouse: Warehouse, demo: str, tmp_path: Path
) -> None:
    assert assert_same(demo, demo_warehouse, tmp_path) > 1_000_000


def test_every_table_of_the_demo_explains_itself(demo_warehouse: Warehouse, demo: str) -> None:
    with psycopg.connect(demo) as connection:
        tables = connection.execute(
            """
            select count(*), count(obj_description(c.oid)), count(*) filter (where reltuples > 0)
            from pg_class as c join pg_namespace as n on c.relnamespace = n.oid
            where nspname in ('core', 'marts') and relkind = 'r' and relname <> %s
            """,
            [RELEASE_TABLE],
        ).fetchone()
        columns = connection.execute(
            """
            select count(*), count(col_description(attrelid, attnum))
            from pg_attribute as a join pg_class as c on a.attrelid = c.oid
            join pg_namespace as n on c.relnamespace = n.oid
            where nspname in ('core', 'marts') and relkind = 'r' and attnum > 0 and relname <> %s
            """,
            [RELEASE_TABLE],
        ).fetchone()
    published = verify(demo_warehouse.current).tables
    filled = sum(table.rows > 0 for table in published.values())
    assert tables == (len(published), len(published), filled)
    assert columns and columns[0] == columns[1] > 1_000


def test_every_type_and_odd_value(
    warehouse: Warehouse, target: Target, url: str, tmp_path: Path
) -> None:
    make_release(warehouse, VALUES)
    sync(warehouse, target)
    assert assert_same(url, warehouse, tmp_path) == 8


def test_nul_is_marked(
    warehouse: Warehouse, target: Target, connection: psycopg.Connection
) -> None:
    script = "create schema core; create table core.dim_x as select 'a' || chr(0) || 'b' as x"
    make_release(warehouse, script)
    sync(warehouse, target)
    assert connection.execute("select x from core.dim_x").fetchone() == (f"a{NUL_MARK}b",)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (
            "[1, 2] as numbers",
            r"core.dim_x.numbers has the type INTEGER\[\].* Cast it in",
        ),
        (f"1 as {'n' * 64}", r"core.dim_x: the name n{64} is longer than PostgreSQL's 63 bytes"),
        (f"1 as {'ñ' * 32}", r"longer than PostgreSQL's 63 bytes"),
    ],
)
def test_what_has_no_counterpart_is_named(
    warehouse: Warehouse, target: Target, column: str, message: str
) -> None:
    make_release(warehouse, f"create schema core; create table core.dim_x as select {column}")
    with pytest.raises(PostgresError, match=message):
        sync(warehouse, target)


def test_keys_and_references_are_indexed(target: Target, connection: psycopg.Connection) -> None:
    keys: dict[str, tuple[str, ...]] = {
        "core.dim_people": ("person_key",),
        "core.fct_calls": ("call_key", "part"),
        "marts.mart_gaps": ("person_key", "channel"),
        "marts.mart_keyless": (),
    }
    with duckdb.connect() as release, transaction(target) as loading:
        release.execute("create schema core; create schema marts")
        loading.execute("create schema s")
        for name, key in keys.items():
            release.execute(
                f"""
                create table {name} as
                select 'p' || range as person_key, 'c' || range as call_key, 1 as part,
                    case when range > 0 then 'mail' end as channel
                from range(3)
                """
            )
            kinds = dict.fromkeys(["person_key", "call_key"], "VARCHAR")
            columns = {**kinds, "part": "INTEGER", "channel": "VARCHAR"}
            table = PublishedTable(rows=3, columns=columns, key=key)
            load_table(loading, release, "s", name, table)
    indexes = connection.execute(
        """
        select tablename, array_agg(regexp_replace(indexdef, '.* ON |USING btree ', '', 'g'))
        from (select * from pg_indexes where schemaname = 's' order by indexdef) as ordered
        group by 1 order by 1
        """
    ).fetchall()
    constraints = connection.execute(
        "select conrelid::regclass::text from pg_constraint where contype = 'p' and "
        "connamespace = 's'::regnamespace order by 1"
    ).fetchall()
    assert constraints == [("s.dim_people",), ("s.fct_calls",)]
    references = ["{} (call_key)", "{} (person_key)"]
    expected = {
        "dim_people": references,
        "fct_calls": [*references, "{} (call_key, part)"],
        "mart_gaps": [*references, "{} (person_key, channel)"],
        "mart_keyless": references,
    }
    assert {table: sorted(found) for table, found in indexes} == {
        table: sorted(text.format(f"s.{table}") for text in texts)
        for table, texts in expected.items()
    }


def test_a_key_that_is_not_unique_is_refused(
    warehouse: Warehouse, publish_generation: Publish, target: Target
) -> None:
    release = publish_generation(1)
    manifest = verify(warehouse.current)
    table = manifest.tables["core.dim_leads"].model_copy(update={"key": ("generation",)})
    forged = manifest.model_copy(update={"tables": {**manifest.tables, "core.dim_leads": table}})
    path = warehouse.releases_dir / release / MANIFEST_FILE
    path.chmod(0o644)
    path.write_text(forged.model_dump_json(), encoding="utf-8")
    with pytest.raises(PostgresError, match=r"(?s)unique.*generation"):
        sync(warehouse, target)


def test_the_release_says_what_it_is(
    warehouse: Warehouse,
    publish_generation: Publish,
    target: Target,
    connection: psycopg.Connection,
) -> None:
    release = publish_generation(1)
    assert status(warehouse, target).in_postgres is None
    sync(warehouse, target)
    assert (status(warehouse, target).in_postgres, status(warehouse, target).current) == (
        release,
        release,
    )
    row = connection.execute(
        "select release_id, published_at, as_of, sources, project_version "
        "from marts.published_release"
    ).fetchone()
    created = verify(warehouse.current).created_at.replace(tzinfo=None)
    assert row == (release, created, None, "files", "0.1")
    assert connection.execute("select obj_description('marts'::regnamespace)").fetchone() == (
        f"Published by funnel: release {release}.",
    )


def test_a_release_that_is_there_is_not_loaded_again(
    warehouse: Warehouse,
    publish_generation: Publish,
    target: Target,
    connection: psycopg.Connection,
) -> None:
    def table() -> object:
        return connection.execute("select 'core.dim_leads'::regclass::oid").fetchone()

    publish_generation(1)
    assert sync(warehouse, target).is_new
    first = table()
    assert not sync(warehouse, target).is_new
    assert table() == first
    assert sync(warehouse, target, force=True).is_new
    assert table() != first


def test_a_release_that_was_rewritten_is_loaded_again(
    warehouse: Warehouse,
    publish_generation: Publish,
    target: Target,
    connection: psycopg.Connection,
) -> None:
    publish_generation(1)
    sync(warehouse, target)
    manifest = verify(warehouse.current)
    database = warehouse.current_database.resolve()
    database.chmod(0o644)
    with duckdb.connect(str(database)) as release:
        release.execute("update core.dim_leads set lead_key = lead_key + 1000")
    from orchestration.releases.manifest import describe  # noqa: PLC0415

    rewritten = manifest.model_copy(update={"files": {database.name: describe(database)}})
    path = database.with_name(MANIFEST_FILE)
    path.chmod(0o644)
    path.write_text(rewritten.model_dump_json(), encoding="utf-8")
    assert sync(warehouse, target).is_new
    assert connection.execute("select min(lead_key) from core.dim_leads").fetchone() == (1000,)


def test_a_rollback_is_followed(
    warehouse: Warehouse,
    publish_generation: Publish,
    target: Target,
    connection: psycopg.Connection,
) -> None:
    for generation in (1, 2):
        publish_generation(generation)
        sync(warehouse, target)
        assert generation_in(connection) == generation
    rollback(warehouse)
    assert not status(warehouse, target).is_current
    sync(warehouse, target)
    assert generation_in(connection) == 1
    assert status(warehouse, target).is_current


def test_a_table_that_is_no_longer_published_goes(
    warehouse: Warehouse, target: Target, connection: psycopg.Connection
) -> None:
    make_release(warehouse, "create schema marts; create table marts.mart_old as select 1 as x")
    sync(warehouse, target)
    make_release(warehouse, "create schema marts; create table marts.mart_new as select 'a' as y")
    sync(warehouse, target)
    tables = connection.execute(
        "select tablename from pg_tables where schemaname in ('core', 'marts') order by 1"
    ).fetchall()
    assert tables == [("mart_new",), ("published_release",)]


def test_foreign_schemas_are_left_alone(
    warehouse: Warehouse,
    publish_generation: Publish,
    target: Target,
    connection: psycopg.Connection,
) -> None:
    connection.execute("create schema core; create table core.dim_leads as select 'mine' as whose")
    publish_generation(1)
    with pytest.raises(PostgresError, match=r"schema core that funnel did not make.*POSTGRES_PREF"):
        sync(warehouse, target)
    assert connection.execute("select whose from core.dim_leads").fetchall() == [("mine",)]
    assert schemas_in(connection) == {"public", "core"}

    sync(warehouse, Target(target.url, prefix="funnel_"))
    assert schemas_in(connection) == {"public", "core", "funnel_core", "funnel_marts"}
    assert connection.execute("select whose from core.dim_leads").fetchall() == [("mine",)]


def test_views_of_others_are_neither_dropped_nor_left_behind(
    warehouse: Warehouse,
    publish_generation: Publish,
    target: Target,
    connection: psycopg.Connection,
) -> None:
    publish_generation(1)
    sync(warehouse, target)
    publish_generation(2)
    for view, query, message in (
        ("public.my_leads", "select * from core.dim_leads", "depends on table core.dim_leads"),
        ("marts.mine", "select 1", "depends on schema marts"),
    ):
        connection.execute(f"create view {view} as {query}".encode())
        with pytest.raises(PostgresError, match=f"view {view} {message}"):
            sync(warehouse, target)
        assert generation_in(connection) == 1
        connection.execute(f"drop view {view}".encode())
    sync(warehouse, target)
    assert generation_in(connection) == 2


def test_without_a_release_there_is_nothing_to_bring(warehouse: Warehouse, target: Target) -> None:
    with pytest.raises(ReleaseError, match="Run `funnel build` first"):
        sync(warehouse, target)


def test_a_damaged_release_is_not_brought(
    warehouse: Warehouse,
    publish_generation: Publish,
    target: Target,
    connection: psycopg.Connection,
) -> None:
    publish_generation(1)
    sync(warehouse, target)
    publish_generation(2)
    database = warehouse.current_database.resolve()
    content = bytearray(database.read_bytes())
    content[len(content) // 2] ^= 1
    database.chmod(0o644)
    database.write_bytes(content)
    with pytest.raises(ReleaseError, match="is damaged"):
        sync(warehouse, target)
    assert generation_in(connection) == 1
