"""Two batches, loaded and built one after the other, give what one load of everything gives."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.simulator import SimulationConfig, simulate
from orchestration.warehouse import Warehouse

COMPANY = SimulationConfig(leads=1500, months=12, seed=8, activities_per_lead=6, dirty_share=0.01)
CUT = date(2024, 8, 14)
SHOWN = 3
ABOUT_FILES = "core.fct_landed_files"


@pytest.fixture(scope="module")
def at_once(build_warehouse: Callable[..., Warehouse], tmp_path_factory: Any) -> Warehouse:
    folder: Path = tmp_path_factory.mktemp("at_once")
    simulate(COMPANY, folder / "landing")
    return build_warehouse(folder / "landing", folder / "warehouse", "files")


@pytest.fixture(scope="module")
def first_state() -> dict[str, int]:
    """Rows of each table after the first of the two batches; filled by `in_two_steps`."""
    return {}


@pytest.fixture(scope="module")
def in_two_steps(
    build_warehouse: Callable[..., Warehouse], tmp_path_factory: Any, first_state: dict[str, int]
) -> Warehouse:
    folder: Path = tmp_path_factory.mktemp("in_two_steps")
    landing, warehouse = folder / "landing", folder / "warehouse"
    simulate(_batch(until=CUT), landing)
    first = build_warehouse(landing, warehouse, "files")
    first_state |= {name: len(_rows(first, name)) for name in _tables(first)}
    simulate(_batch(from_=CUT), landing)
    return build_warehouse(landing, warehouse, "files")


def test_every_published_table_is_the_same_row_for_row(
    at_once: Warehouse, in_two_steps: Warehouse
) -> None:
    assert _tables(at_once) == _tables(in_two_steps)
    differences = []
    for name in _tables(at_once):
        if name == ABOUT_FILES:
            continue
        whole, steps = Counter(_rows(at_once, name)), Counter(_rows(in_two_steps, name))
        missing, extra = list((whole - steps).elements()), list((steps - whole).elements())
        if missing or extra:
            differences.append(
                f"{name}: {len(missing)} of {whole.total()} rows only at once, {len(extra)} only "
                f"in two steps\n  {missing[:SHOWN]}\n  {extra[:SHOWN]}"
            )
    assert not differences, "\n".join(differences)


def test_the_rows_of_both_batches_are_accounted_for(
    at_once: Warehouse, in_two_steps: Warehouse
) -> None:
    """As many records are staged, and what a later batch writes anew supersedes the first."""
    whole, steps = _outcomes(at_once), _outcomes(in_two_steps)
    for table in whole:
        assert steps[table]["staged_rows"] == whole[table]["staged_rows"], table
        assert steps[table]["quarantined_rows"] == whole[table]["quarantined_rows"], table
    assert steps["leads"]["superseded_rows"] > whole["leads"]["superseded_rows"]


def test_the_second_batch_matters(
    at_once: Warehouse, in_two_steps: Warehouse, first_state: dict[str, int]
) -> None:
    """Otherwise the comparison would say nothing."""
    for name in ("core.fct_stage_stints", "core.fct_activities", "core.fct_orders"):
        assert 0 < first_state[name] < 0.8 * len(_rows(in_two_steps, name)), name
    assert len(_rows(in_two_steps, ABOUT_FILES)) > 1.5 * len(_rows(at_once, ABOUT_FILES))


def _batch(**days: date) -> SimulationConfig:
    return SimulationConfig(**(vars(COMPANY) | days))


def _tables(warehouse: Warehouse) -> list[str]:
    with duckdb.connect(str(warehouse.current_database), read_only=True) as connection:
        return [
            name
            for (name,) in connection.execute(
                "select table_schema || '.' || table_name from information_schema.tables "
                "where table_schema in ('core', 'marts') order by 1"
            ).fetchall()
        ]


def _rows(warehouse: Warehouse, name: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(warehouse.current_database), read_only=True) as connection:
        rows = connection.table(name).fetchall()
    # sums of doubles come out by the order of the rows, in their last digits
    return [tuple(float(f"{v:.9g}") if isinstance(v, float) else v for v in row) for row in rows]


def _outcomes(warehouse: Warehouse) -> dict[str, Counter[str]]:
    """Rows by canonical table and outcome."""
    counted: dict[str, Counter[str]] = {}
    with duckdb.connect(str(warehouse.current_database), read_only=True) as connection:
        found = connection.table(ABOUT_FILES)
        for row in found.fetchall():
            values = dict(zip(found.columns, row, strict=True))
            outcome = counted.setdefault(values["contract_table"], Counter())
            for name in ("staged_rows", "superseded_rows", "quarantined_rows"):
                outcome[name] += values[name]
    return counted
