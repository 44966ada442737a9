"""The reader role reads the release, every release, and can do nothing else."""

from collections.abc import Callable

import psycopg
import pytest
from postgres_readers import generation_in
from psycopg.errors import InsufficientPrivilege
from pydantic import SecretStr
from support.postgres_server import PASSWORD, PostgresServer

from orchestration.releases.postgres import PostgresError, Target, grant, sync
from orchestration.warehouse.paths import Warehouse

Publish = Callable[[int], str]

FORBIDDEN = (
    "insert into marts.mart_funnel values (1, 1)",
    "update core.dim_leads set generation = 9",
    "delete from marts.published_release",
    "truncate core.dim_leads",
    "drop table core.dim_leads",
    "alter table core.dim_leads add column x int",
    "create table marts.mine (x int)",
    "create table public.mine (x int)",
    "create schema mine",
    "create view marts.mine as select 1",
    "do $$ begin lock table core.dim_leads in access exclusive mode; end $$",
    "alter table core.dim_leads owner to analyst",
    "select * from secrets.work",
    "create role another",
)


@pytest.fixture
def analyst(postgres_server: PostgresServer, url: str, target: Target) -> psycopg.Connection:
    """A BI user's connection; the owner's database has a schema that is nobody's business."""
    with psycopg.connect(postgres_server.url(), autocommit=True) as admin:
        if not admin.execute("select from pg_roles where rolname = 'analyst'").rowcount:
            admin.execute(f"create role analyst login password '{PASSWORD}'")  # type: ignore[arg-type]
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("create schema secrets; create table secrets.work as select 'secret' as x")
    grant(target, ["analyst"])
    database = url.rpartition("/")[2]
    return psycopg.connect(postgres_server.url(database, "analyst"), autocommit=True)


def test_reader_reads_every_release_and_nothing_else(
    warehouse: Warehouse, publish_generation: Publish, target: Target, analyst: psycopg.Connection
) -> None:
    with analyst:
        for generation in (1, 2):
            publish_generation(generation)
            sync(warehouse, target)
            assert generation_in(analyst) == generation
        for statement in FORBIDDEN:
            with pytest.raises(InsufficientPrivilege):
                analyst.execute(statement)  # type: ignore[arg-type]
        assert generation_in(analyst) == 2


def test_role_may_be_granted_after_the_first_release(
    warehouse: Warehouse,
    publish_generation: Publish,
    target: Target,
    connection: psycopg.Connection,
) -> None:
    publish_generation(1)
    late = Target(target.url, reader="late_reader")
    sync(warehouse, late)
    assert grant(late).is_new
    assert not grant(late).is_new
    readable = "select has_table_privilege('late_reader', 'marts.mart_funnel', 'select')"
    assert connection.execute(readable).fetchone() == (True,)


def test_user_who_may_not_make_roles_is_told_what_to_ask_for(
    postgres_server: PostgresServer,
) -> None:
    with psycopg.connect(postgres_server.url(), autocommit=True) as admin:
        admin.execute(f"create role humble login password '{PASSWORD}'")  # type: ignore[arg-type]
    url = postgres_server.new_database("humble")
    with pytest.raises(PostgresError) as refused:
        grant(Target(SecretStr(url), reader="unheard_of"), ["metabase"])
    assert "create role unheard_of nologin; grant unheard_of to metabase;" in str(refused.value)


def test_user_who_may_not_make_schemas_is_told_what_to_ask_for(
    postgres_server: PostgresServer,
    warehouse: Warehouse,
    publish_generation: Publish,
    analyst: psycopg.Connection,
) -> None:
    publish_generation(1)
    with analyst, pytest.raises(PostgresError, match=r"permission denied.*\n.*grant create on"):
        url = postgres_server.url(analyst.info.dbname, "analyst")
        sync(warehouse, Target(SecretStr(url)))
