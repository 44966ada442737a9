"""Two batches, loaded and built one after the other, give what one load of both gives."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.warehouse.paths import Warehouse
from simulator import SimulationConfig, simulate

COMPANY = SimulationConfig(leads=1500, months=12, seed=8, activities_per_lead=6, dirty_share=0.01)
CUT = date(2024, 8, 14)
BATCHES = [replace(COMPANY, until=CUT), replace(COMPANY, from_=CUT)]
SHOWN = 3
ABOUT_FILES = "core.fct_landed_files"
ABOUT_RELEASES = (
    "marts.mart_restatements",
    "marts.mart_restatement_evidence",
    "marts.mart_restated_members",
)
"""What changed since the release before, which one build alone has not."""


@pytest.fixture(scope="module")
def at_once(build_warehouse: Callable[..., Warehouse], tmp_path_factory: Any) -> Warehouse:
    folder: Path = tmp_path_factory.mktemp("at_once")
    for batch in BATCHES:
        simulate(batch, folder / "landing")
    return build_warehouse(folder / "landing", folder / "warehouse", "files", with_tests=False)


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
    simulate(BATCHES[0], landing)
    first = build_warehouse(landing, warehouse, "files", with_tests=False)
    first_state |= {name: len(_rows(first, name)) for name in _tables(first)}
    simulate(BATCHES[1], landing)
    return build_warehouse(landing, warehouse, "files", with_tests=False)


def test_every_published_table_is_the_same_row_for_row(
    at_once: Warehouse, in_two_steps: Warehouse
) -> None:
    assert _tables(at_once) == _tables(in_two_steps)
    differences = []
    for name in _tables(at_once):
        if name in {ABOUT_FILES, *ABOUT_RELEASES}:
            continue
        whole, steps = Counter(_rows(at_once, name)), Counter(_rows(in_two_steps, name))
        missing, extra = list((whole - steps).elements()), list((steps - whole).elements())
        if not _agree(missing, extra):
            differences.append(
                f"{name}: {len(missing)} of {whole.total()} rows only at once, {len(extra)} only "
                f"in two steps\n  {missing[:SHOWN]}\n  {extra[:SHOWN]}"
            )
    assert not differences, "\n".join(differences)


def test_the_rows_of_both_batches_are_accounted_for(
    at_once: Warehouse, in_two_steps: Warehouse
) -> None:
    """What a later batch writes anew supersedes the first, however they were loaded."""
    outcomes = _outcomes(in_two_steps)
    assert outcomes == _outcomes(at_once)
    assert outcomes["leads"]["superseded_rows"] > 0.1 * outcomes["leads"]["staged_rows"]


def test_the_second_batch_matters(in_two_steps: Warehouse, first_state: dict[str, int]) -> None:
    """Otherwise the comparison would say nothing."""
    for name in ("core.fct_stage_stints", "core.fct_activities", "core.fct_orders"):
        assert 0 < first_state[name] < 0.8 * len(_rows(in_two_steps, name)), name
    assert first_state[ABOUT_FILES] < 0.6 * len(_rows(in_two_steps, ABOUT_FILES))


def _agree(rows: list[tuple[Any, ...]], others: list[tuple[Any, ...]]) -> bool:
    """Whether they are the same but for the last digits of sums, which go by the rows' order."""

    def exact(row: tuple[Any, ...]) -> str:
        return repr([value for value in row if not isinstance(value, float)])

    def doubles(row: tuple[Any, ...]) -> list[float]:
        return [value for value in row if isinstance(value, float)]

    pairs = list(zip(sorted(rows, key=exact), sorted(others, key=exact), strict=False))
    return len(rows) == len(others) and all(
        exact(row) == exact(other)
        and doubles(row) == pytest.approx(doubles(other), rel=1e-9, abs=1e-9)
        for row, other in pairs
    )


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
        return connection.table(name).fetchall()


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
