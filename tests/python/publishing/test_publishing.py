"""What a publication holds, refuses and keeps."""

import hashlib
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.generations import (
    PROVENANCE,
    Publisher,
    assert_no_debris,
    current_generation,
    write_generation,
)
from support.held_open import held_open

from orchestration.releases import (
    RELEASE_ID_FORMAT,
    PublishError,
    ReleaseError,
    current_release_id,
    next_release_id,
    publish,
    release_ids,
    releases,
    rollback,
)
from orchestration.warehouse.paths import Warehouse
from orchestration.warehouse.work_database import make_ready


def test_publishes_core_and_marts_alone(
    warehouse: Warehouse, publish_generation: Publisher
) -> None:
    publish_generation(1)
    with duckdb.connect(str(warehouse.current_database), read_only=True) as connection:
        relations = connection.execute(
            """
            select table_schema, table_name, table_type
            from information_schema.tables
            order by all
            """
        ).fetchall()
    assert relations == [
        ("core", "dim_leads", "BASE TABLE"),
        ("marts", "mart_first_leads", "BASE TABLE"),
        ("marts", "mart_funnel", "BASE TABLE"),
    ]


def test_manifest_describes_tables_files_and_provenance(
    warehouse: Warehouse, publish_generation: Publisher
) -> None:
    manifest = publish_generation(7)
    assert manifest.tables["core.dim_leads"].rows == 107
    assert manifest.tables["core.dim_leads"].columns == {
        "lead_key": "BIGINT",
        "generation": "INTEGER",
    }
    content = warehouse.current_database.read_bytes()
    assert manifest.files["warehouse.duckdb"].bytes == len(content)
    assert manifest.files["warehouse.duckdb"].sha256 == hashlib.sha256(content).hexdigest()
    assert manifest.provenance == PROVENANCE
    assert manifest.duckdb_version == duckdb.__version__
    assert manifest == releases(warehouse)[0].manifest


def test_published_files_are_read_only(warehouse: Warehouse, publish_generation: Publisher) -> None:
    publish_generation(1)
    assert {path.stat().st_mode & 0o777 for path in warehouse.current.iterdir()} == {0o444}


def test_parquet_holds_the_same_rows(warehouse: Warehouse, publish_generation: Publisher) -> None:
    manifest = publish_generation(1, parquet=True)
    for name, table in manifest.tables.items():
        file = warehouse.current / f"{name}.parquet"
        assert duckdb.sql(f"select count(*) from '{file}'").fetchone() == (table.rows,)
        assert file.name in manifest.files
        compressions = duckdb.sql(f"select distinct compression from parquet_metadata('{file}')")
        assert compressions.fetchall() == [("ZSTD",)]


def test_copies_within_the_memory_that_it_is_given(
    warehouse: Warehouse, publish_generation: Publisher
) -> None:
    earlier = publish_generation(1).release_id
    with duckdb.connect(str(warehouse.work_database)) as connection:
        connection.execute("create table marts.mart_wide as select repeat('x', 3000000) as text")
    with pytest.raises(PublishError, match="memory"):
        publish(warehouse, keep=5, provenance=PROVENANCE, memory="1MB")
    assert current_release_id(warehouse) == earlier
    publish(warehouse, keep=5, provenance=PROVENANCE, memory="500MB")


def test_keeps_the_last_releases(warehouse: Warehouse, publish_generation: Publisher) -> None:
    published = [publish_generation(generation, keep=3).release_id for generation in range(1, 6)]
    assert release_ids(warehouse) == published[-3:]
    assert [release.is_current for release in releases(warehouse)] == [False, False, True]
    assert_no_debris(warehouse)


def test_leaves_strange_folders_alone(warehouse: Warehouse, publish_generation: Publisher) -> None:
    (warehouse.releases_dir / "notes").mkdir(parents=True)
    publish_generation(1, keep=1)
    publish_generation(2, keep=1)
    assert (warehouse.releases_dir / "notes").is_dir()
    assert len(release_ids(warehouse)) == 1


def test_no_release_is_removed_where_the_link_was_lost(
    warehouse: Warehouse, publish_generation: Publisher
) -> None:
    publish_generation(1)
    publish_generation(2)
    warehouse.current.unlink()
    publish_generation(3)
    assert len(release_ids(warehouse)) == 3


def test_nothing_is_left_behind_where_the_link_cannot_be_switched(
    warehouse: Warehouse, publish_generation: Publisher
) -> None:
    for generation in (1, 2):
        publish_generation(generation)
    before = release_ids(warehouse)
    copied = warehouse.root / "copied"
    shutil.copytree(warehouse.current, copied)
    warehouse.current.unlink()
    copied.rename(warehouse.current)
    for _ in range(2):
        with pytest.raises(ReleaseError, match=r"not a link .* `mv .*/current .*/current\.copied`"):
            publish_generation(3)
    with pytest.raises(ReleaseError, match="not a link"):
        rollback(warehouse, before[0])
    assert sorted(path.name for path in warehouse.releases_dir.iterdir()) == before

    warehouse.current.rename(warehouse.root / "current.copied")
    publish_generation(3, keep=2)
    assert current_generation(warehouse) == 3
    assert len(release_ids(warehouse)) == 2


def test_without_work_database_says_what_to_do(warehouse: Warehouse) -> None:
    with pytest.raises(PublishError, match=r"There is no work database .*Run `funnel build` first"):
        publish(warehouse, keep=5, provenance=PROVENANCE)
    assert list(warehouse.releases_dir.iterdir()) == []


def test_without_tables_says_what_to_do(warehouse: Warehouse) -> None:
    warehouse.build_dir.mkdir(parents=True)
    duckdb.connect(str(warehouse.work_database)).close()
    with pytest.raises(PublishError, match="no table in the schemas core and marts"):
        publish(warehouse, keep=5, provenance=PROVENANCE)
    assert not warehouse.current.is_symlink()


def test_failing_copy_leaves_the_current_release_and_no_debris(
    warehouse: Warehouse, publish_generation: Publisher
) -> None:
    publish_generation(1)
    with duckdb.connect(str(warehouse.work_database)) as connection:
        connection.execute("create view marts.mart_broken as select error('no such stage')")
    with pytest.raises(PublishError, match=r"Nothing was published: .*no such stage"):
        publish(warehouse, keep=5, provenance=PROVENANCE)
    assert current_generation(warehouse) == 1
    assert_no_debris(warehouse)


def test_work_database_that_another_process_writes_is_named(
    warehouse: Warehouse, publish_generation: Publisher
) -> None:
    publish_generation(1)
    with (
        held_open(warehouse.work_database) as pid,
        pytest.raises(PublishError, match=rf"Could not set lock.*PID {pid}"),
    ):
        publish(warehouse, keep=5, provenance=PROVENANCE)
    assert current_generation(warehouse) == 1


def kill_writer(database: Path) -> None:
    """Leave a committed row in the write-ahead log alone: the writer is killed."""
    script = f"""
import duckdb, os, signal
connection = duckdb.connect({str(database)!r})
connection.execute("create schema if not exists marts")
connection.execute("create table marts.mart_late as select 1 as n")
os.kill(os.getpid(), signal.SIGKILL)
"""
    process = subprocess.run([sys.executable, "-c", script], check=False)
    assert process.returncode == -signal.SIGKILL
    assert database.with_name("warehouse.duckdb.wal").exists()


def test_rows_in_the_write_ahead_log_are_published(
    warehouse: Warehouse, publish_generation: Publisher
) -> None:
    publish_generation(1)
    kill_writer(warehouse.work_database)
    manifest = publish(warehouse, keep=5, provenance=PROVENANCE)
    assert manifest.tables["marts.mart_late"].rows == 1
    assert_no_debris(warehouse)


def test_write_ahead_log_of_a_lost_database_is_not_replayed(warehouse: Warehouse) -> None:
    write_generation(warehouse, 1)
    kill_writer(warehouse.work_database)
    warehouse.work_database.unlink()
    make_ready(warehouse)
    write_generation(warehouse, 2)
    manifest = publish(warehouse, keep=5, provenance=PROVENANCE)
    assert "marts.mart_late" not in manifest.tables
    assert current_generation(warehouse) == 2


def test_clock_that_goes_back_gives_a_later_id() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    ahead = "20260601T120000.000000Z"
    assert next_release_id(now, []) == "20260101T000000.000000Z"
    assert next_release_id(now, ["20260101T000000.000000Z"]) == "20260101T000000.000001Z"
    assert next_release_id(now, [ahead, "20250101T000000.000000Z"]) == "20260601T120000.000001Z"


@given(
    now=st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),
    earlier=st.lists(
        st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
    ),
)
def test_ids_never_collide_and_never_go_back(now: datetime, earlier: list[datetime]) -> None:
    existing = [moment.strftime(RELEASE_ID_FORMAT) for moment in earlier]
    assert all(release_id < next_release_id(now, existing) for release_id in existing)


def test_release_keeps_what_tables_and_columns_say_of_themselves(warehouse: Warehouse) -> None:
    write_generation(warehouse, 1)
    with duckdb.connect(str(warehouse.work_database)) as connection:
        connection.execute("comment on table core.dim_leads is 'One row per lead; it''s the key.'")
        connection.execute("comment on column core.dim_leads.lead_key is 'Surrogate key.'")
        connection.execute("comment on view marts.mart_first_leads is 'The first ten.'")
        connection.execute("comment on table raw_files.leads is 'secret'")
    publish(warehouse, keep=1, provenance=PROVENANCE)
    with duckdb.connect(str(warehouse.current_database), read_only=True) as connection:
        tables = "select table_name, comment from duckdb_tables() where comment is not null"
        columns = "select column_name, comment from duckdb_columns() where comment is not null"
        assert sorted(connection.execute(tables).fetchall()) == [
            ("dim_leads", "One row per lead; it's the key."),
            ("mart_first_leads", "The first ten."),
        ]
        assert connection.execute(columns).fetchall() == [("lead_key", "Surrogate key.")]
