"""Pages of the demo company's release, and of releases that are copies of it, changed."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from read_page import HOSTILE, Changed, ReadPage, read

from orchestration.dashboard.page import write_dashboard
from orchestration.warehouse.paths import DATABASE_FILE, Warehouse


@pytest.fixture(scope="session")
def page(
    demo_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., ReadPage]:
    """`page(language)` of the demo company, made once."""
    made: dict[str, ReadPage] = {}

    def get(language: str = "en") -> ReadPage:
        if language not in made:
            path = tmp_path_factory.mktemp("page") / f"{language}.html"
            write_dashboard(demo_warehouse, path, language)
            made[language] = read(path)
        return made[language]

    return get


@pytest.fixture
def changed(demo_warehouse: Warehouse, tmp_path: Path) -> Changed:
    """`with changed() as (warehouse, connection)`: a copy of the release, to be spoilt."""

    @contextmanager
    def copy() -> Iterator[tuple[Warehouse, duckdb.DuckDBPyConnection]]:
        warehouse = Warehouse(tmp_path / "warehouse")
        release = demo_warehouse.current.resolve()
        folder = warehouse.releases_dir / release.name
        shutil.copytree(release, folder)
        warehouse.current.symlink_to(folder.relative_to(warehouse.root))
        database = folder / DATABASE_FILE
        database.chmod(0o644)
        with duckdb.connect(str(database)) as connection:
            yield warehouse, connection

    return copy


@pytest.fixture
def hostile_page(changed: Changed, tmp_path: Path) -> ReadPage:
    """The page of a company whose channels, campaigns and reasons are made of markup."""
    with changed() as (warehouse, connection):
        connection.execute("update marts.mart_attrition set reason = ? || reason", [HOSTILE])
        connection.execute(
            "update marts.mart_campaign_roi set segment_name = ? || segment_name, "
            "segment_value = case segment_type when 'channel' then ? || segment_value "
            "else segment_value end",
            [HOSTILE, HOSTILE],
        )
    write_dashboard(warehouse, tmp_path / "hostile.html")
    return read(tmp_path / "hostile.html")


@pytest.fixture
def empty_page(changed: Changed, tmp_path: Path) -> ReadPage:
    """The page of a company for which nothing has happened yet."""
    with changed() as (warehouse, connection):
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts' "
            "and table_name <> 'mart_metric_catalog'"
        ).fetchall()
        for (table,) in tables:
            connection.execute(f"delete from marts.{table}")
    write_dashboard(warehouse, tmp_path / "empty.html")
    return read(tmp_path / "empty.html")
