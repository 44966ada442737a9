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
def demo_company(demo_landing: Path, demo_warehouse: Warehouse) -> Built:
    """The demo company, whose truth is known."""
    return Built(demo_landing, demo_warehouse)


@pytest.fixture(scope="session")
def large_company(built_warehouse: Callable[..., Warehouse], landed: Callable[..., Path]) -> Built:
    """A simulated company of four times as many leads, with intervals half as wide."""
    config = SimulationConfig(leads=20_000, months=18, seed=5, activities_per_lead=4)
    landing = landed("large", lambda folder: simulate(config, folder))
    return Built(landing, built_warehouse("large", landing, "files"))


SIMULATED = (
    "demo_company",
    pytest.param("large_company", marks=pytest.mark.long(reason="the demo company has the kind")),
)


@pytest.fixture(scope="session", params=SIMULATED)
def simulated_company(request: pytest.FixtureRequest) -> Built:
    """A company whose truth is known."""
    company: Built = request.getfixturevalue(request.param)
    return company


@pytest.fixture(scope="session", params=["companies", *SIMULATED])
def built(request: pytest.FixtureRequest) -> Built:
    """Companies of every kind at a given as_of, and simulated ones at the derived one."""
    company: Built = request.getfixturevalue(request.param)
    return company
