"""Hand-made generations of a warehouse, and what a reader finds at `current`."""

from collections.abc import Callable

import duckdb

from orchestration.releases import Manifest, Provenance, current_release_id, release_ids, verify
from orchestration.warehouse.paths import Warehouse

Publisher = Callable[..., Manifest]
PROVENANCE = Provenance(project_version="0.0.0", sources=("files",))


def write_generation(warehouse: Warehouse, generation: int) -> None:
    """Fill the work database: `100 + generation` leads, all of this generation."""
    warehouse.build_dir.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(warehouse.work_database)) as connection:
        connection.execute(
            f"""
            create schema if not exists raw_files;
            create schema if not exists core;
            create schema if not exists marts;
            create or replace table raw_files.leads as select 'secret' as email;
            create or replace table core.dim_leads as
                select range as lead_key, {generation} as generation
                from range(100 + {generation});
            create or replace table marts.mart_funnel as
                select generation, count(*) as lead_count from core.dim_leads group by 1;
            create or replace view marts.mart_first_leads as
                select lead_key, generation from core.dim_leads where lead_key < 10;
            """
        )


def read_generation(connection: duckdb.DuckDBPyConnection) -> int:
    """The one generation that all tables show; fails where they show a mix."""
    generations = connection.execute(
        """
        select generation from core.dim_leads
        union select generation from marts.mart_funnel
        union select generation from marts.mart_first_leads
        """
    ).fetchall()
    assert len(generations) == 1, f"a mix of generations: {generations}"
    generation = int(generations[0][0])
    counts = connection.execute(
        "select (select count(*) from core.dim_leads), (select lead_count from marts.mart_funnel)"
    ).fetchone()
    assert counts == (100 + generation, 100 + generation)
    return generation


def current_generation(warehouse: Warehouse) -> int:
    """The generation that is published, after its checksums and row counts were verified."""
    manifest = verify(warehouse.current)
    assert manifest.release_id == current_release_id(warehouse)
    with duckdb.connect(str(warehouse.current_database), read_only=True) as connection:
        for name, table in manifest.tables.items():
            assert connection.execute(f"select count(*) from {name}").fetchone() == (table.rows,)
        return read_generation(connection)


def assert_no_debris(warehouse: Warehouse) -> None:
    """Nothing is left but what belongs in a warehouse."""
    assert {path.name for path in warehouse.root.iterdir()} == {"build", "releases", "current"}
    assert [path.name for path in sorted(warehouse.releases_dir.iterdir())] == release_ids(
        warehouse
    )
    for release in warehouse.releases_dir.iterdir():
        assert {path.name for path in release.iterdir()} >= {"manifest.json", "warehouse.duckdb"}
        assert not list(release.glob("*.wal"))
