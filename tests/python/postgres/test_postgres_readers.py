"""Readers with open transactions never see a mix of two releases, and no reader is held up."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from postgres_readers import generation_in
from psycopg import IsolationLevel

from orchestration.releases.postgres import PostgresError, Target, sync
from orchestration.warehouse.paths import Warehouse

Publish = Callable[[int], str]
Read = Callable[[psycopg.Connection], int]
PARTS = (
    "select distinct generation from marts.mart_funnel",
    "select substr(project_version, 3)::bigint from marts.published_release",
    "select distinct generation from marts.mart_first_leads",
    "select distinct generation from core.dim_leads",
    "select count(*) - 100 from core.dim_leads",
)


def one_by_one(connection: psycopg.Connection) -> int:
    """The generation that each table shows, a statement for each."""
    seen = [connection.execute(part).fetchall() for part in PARTS]
    assert all(rows == seen[0] and len(rows) == 1 for rows in seen), f"a mix: {seen}"
    return int(seen[0][0][0])


def slowly(connection: psycopg.Connection) -> int:
    """The same, with a snapshot that is older than the first look at a table."""
    connection.execute("select pg_sleep(0.03)")
    return one_by_one(connection)


@contextmanager
def transaction(url: str, level: IsolationLevel | None) -> Iterator[psycopg.Connection]:
    """A reader's connection; without a level each statement is a transaction."""
    with psycopg.connect(url, autocommit=level is None, application_name="the-reader") as reader:
        if level:
            reader.isolation_level = level
        reader.execute("set statement_timeout = '20s'")
        reader.commit()
        yield reader


@pytest.fixture
def first(warehouse: Warehouse, publish_generation: Publish, target: Target) -> None:
    """Generation 1 is in PostgreSQL."""
    publish_generation(1)
    sync(warehouse, target)


@pytest.mark.usefixtures("first")
def test_readers_see_whole_releases_through_ten_publications(
    warehouse: Warehouse, publish_generation: Publish, target: Target, url: str
) -> None:
    over = threading.Event()

    def read(level: IsolationLevel | None, look: Read) -> list[int]:
        seen = []
        with transaction(url, level) as reader:
            while not over.is_set():
                seen.append(look(reader))
                reader.commit()
        return seen

    kinds = [
        (None, generation_in),
        (None, generation_in),
        (IsolationLevel.READ_COMMITTED, one_by_one),
        (IsolationLevel.REPEATABLE_READ, one_by_one),
        (IsolationLevel.REPEATABLE_READ, slowly),
        (IsolationLevel.SERIALIZABLE, slowly),
    ]
    with ThreadPoolExecutor(len(kinds)) as pool:
        readers = [pool.submit(read, *kind) for kind in kinds]
        try:
            for generation in range(2, 12):
                publish_generation(generation)
                sync(warehouse, target)
        finally:
            over.set()
        for (level, look), reader in zip(kinds, readers, strict=True):
            seen = reader.result()
            assert seen == sorted(seen), f"{level} {look} went back: {seen}"
            assert len(set(seen)) > 3, f"{level} {look} saw {set(seen)} only"


@pytest.mark.usefixtures("first")
@pytest.mark.parametrize("level", [IsolationLevel.READ_COMMITTED, IsolationLevel.REPEATABLE_READ])
def test_a_transaction_keeps_the_release_that_it_began_to_read(
    warehouse: Warehouse,
    publish_generation: Publish,
    target: Target,
    url: str,
    level: IsolationLevel,
) -> None:
    publish_generation(2)
    with transaction(url, level) as reader:
        reader.execute(PARTS[0])
        with pytest.raises(PostgresError) as refused:
            sync(warehouse, Target(target.url, patience=0.2))
        assert "for 0.2 s" in str(refused.value)
        assert f"application 'the-reader', process {reader.info.backend_pid}" in str(refused.value)
        assert one_by_one(reader) == 1
        reader.commit()
        sync(warehouse, target)
        assert one_by_one(reader) == 2


@pytest.mark.usefixtures("first")
def test_a_snapshot_older_than_the_swap_finds_the_new_release_whole(
    warehouse: Warehouse, publish_generation: Publish, target: Target, url: str
) -> None:
    publish_generation(2)
    with transaction(url, IsolationLevel.REPEATABLE_READ) as reader:
        reader.execute("select 1")
        sync(warehouse, target)
        assert one_by_one(reader) == 2


@pytest.mark.usefixtures("first")
def test_a_waiting_swap_holds_no_reader_up(
    warehouse: Warehouse, publish_generation: Publish, target: Target, url: str
) -> None:
    publish_generation(2)
    with ThreadPoolExecutor(1) as pool, transaction(url, IsolationLevel.READ_COMMITTED) as keeper:
        keeper.execute(
            PARTS[-1]
        )  # the swap gets the locks of other tables before it waits for this
        waiting = pool.submit(sync, warehouse, target)
        with transaction(url, None) as reader:
            reader.execute("set statement_timeout = '3s'")
            end = time.monotonic() + 4
            while time.monotonic() < end:
                assert generation_in(reader) == 1
                assert one_by_one(keeper) == 1  # not chosen as the victim of a deadlock either
            assert not waiting.done()
            keeper.commit()
            assert waiting.result().is_new
            assert generation_in(reader) == 2


@pytest.mark.usefixtures("first")
def test_cached_plans_follow(
    warehouse: Warehouse,
    publish_generation: Publish,
    target: Target,
    connection: psycopg.Connection,
) -> None:
    connection.prepare_threshold = 0
    assert generation_in(connection) == 1
    publish_generation(2)
    sync(warehouse, target)
    assert generation_in(connection) == 2
