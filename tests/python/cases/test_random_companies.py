"""No valid data fails a build: tiny companies at random, with holes in every table."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from random_tiny_companies import write_companies

from orchestration.warehouse.paths import Warehouse

SYSTEMS = 8
LONG = pytest.mark.long(reason="one landing of eight companies has the kind")


@pytest.mark.parametrize(
    ("seed", "systems"),
    [
        (0, SYSTEMS),
        *(pytest.param(seed, SYSTEMS, marks=LONG) for seed in range(2, 12)),
        *(pytest.param(seed, 1, marks=LONG) for seed in (1, *range(12, 24))),
    ],
)
def test_every_tiny_company_is_published(
    build_warehouse: Callable[..., Warehouse],
    query: Callable[..., list[tuple[Any, ...]]],
    tmp_path: Path,
    seed: int,
    systems: int,
) -> None:
    write_companies(tmp_path / "landing", seed, systems)
    warehouse = build_warehouse(tmp_path / "landing", tmp_path / "warehouse", "files")
    quarantined = query(
        warehouse.work_database,
        "select contract_table, reason, raw_text from quarantine.quarantined_rows",
    )
    assert quarantined == []
