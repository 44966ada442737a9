"""Warehouses of known companies, each built once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from built import Built, build_odd
from companies import AS_OF, write_companies

from orchestration.warehouse.paths import Warehouse
from simulator import SimulationConfig, simulate


@pytest.fixture(scope="session")
def companies(built_warehouse: Callable[..., Warehouse], landed: Callable[..., Path]) -> Built:
    """Small companies of every kind, as of a moment before their end."""
    landing = landed("companies", write_companies)
    warehouse = built_warehouse("companies", landing, "files", as_of=AS_OF, make=build_odd)
    return Built(landing, warehouse, AS_OF)


@pytest.fixture(scope="session")
def large_company(built_warehouse: Callable[..., Warehouse], landed: Callable[..., Path]) -> Built:
    """A simulated company with enough leads for its rates to be held against the truth."""
    config = SimulationConfig(
        leads=20_000, months=18, seed=5, activities_per_lead=4, parallel_deals=0.3
    )
    landing = landed("large", lambda folder: simulate(config, folder))
    return Built(landing, built_warehouse("large", landing, "files", with_tests=False))


LONG = pytest.mark.long(reason="the small companies have every kind of row; the large one, more")


@pytest.fixture(scope="session", params=["companies", pytest.param("large_company", marks=LONG)])
def built(request: pytest.FixtureRequest) -> Built:
    """Companies of every kind at a given as_of, and a large one at the derived one."""
    company: Built = request.getfixturevalue(request.param)
    return company
