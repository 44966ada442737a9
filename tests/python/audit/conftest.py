"""Good warehouses to break: ten months landed one after the other, and the built demo."""

import shutil
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from measuring import Months, attached

from orchestration.audit import Boundary, planned_checks
from orchestration.audit.landed_figures import measure_landed
from orchestration.ingestion import load
from orchestration.releases import current_release_id, verify
from orchestration.warehouse.paths import DATABASE_FILE, Warehouse
from simulator import SimulationConfig, simulate

FIRST_DAYS = [date(2024, 1, 1), *(date(2024, month, 1) for month in range(3, 13)), date(2025, 1, 1)]
"""Two months of history, then ten normal ones."""


@pytest.fixture(scope="session")
def months(tmp_path_factory: pytest.TempPathFactory) -> Months:
    """A company whose files are landed and loaded month by month, measured after each load."""
    folder: Path = tmp_path_factory.mktemp("months")
    warehouse = Warehouse(folder / "warehouse")
    warehouse.build_dir.mkdir(parents=True)
    checks = planned_checks(Boundary.landed, ["files"])
    figures = []
    for number, (start, end) in enumerate(pairwise(FIRST_DAYS)):
        batch = SimulationConfig(leads=3000, months=12, from_=start if number else None, until=end)
        simulate(batch, folder / "landing")
        load(folder / "landing", warehouse.work_database, ["files"], keep_out=lambda _: None)
        with attached(warehouse.work_database) as connection:
            figures.append(measure_landed(connection, checks, ["files"]))
    return Months(warehouse, checks, figures[1:])


@pytest.fixture(scope="session")
def good_landed(months: Months, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The landed tables of all months, to be broken within a transaction."""
    copy = tmp_path_factory.mktemp("landed") / DATABASE_FILE
    return Path(shutil.copy(months.warehouse.work_database, copy))


@pytest.fixture(scope="session")
def good_marts(demo_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's work database, to be broken within a transaction."""
    copy = tmp_path_factory.mktemp("marts") / DATABASE_FILE
    return Path(shutil.copy(demo_warehouse.work_database, copy))


@pytest.fixture(scope="session")
def published(demo_warehouse: Warehouse) -> object:
    """The manifest of the release that readers have."""
    assert current_release_id(demo_warehouse)
    return verify(demo_warehouse.current)
