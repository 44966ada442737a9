"""A warehouse whose published tables say which generation they are."""

from pathlib import Path

import pytest
from support.generations import PROVENANCE, Publisher, write_generation

from orchestration.releases import Manifest, publish
from orchestration.warehouse.paths import Warehouse


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse")


@pytest.fixture
def publish_generation(warehouse: Warehouse) -> Publisher:
    """Write a generation into the work database and publish it."""

    def write_and_publish(generation: int, keep: int = 5, parquet: bool = False) -> Manifest:
        write_generation(warehouse, generation)
        return publish(warehouse, keep=keep, provenance=PROVENANCE, parquet=parquet)

    return write_and_publish
