"""Warehouses of known companies, each built once."""

from collections.abc import Callable

import pytest
from built import Built, build_odd
from companies import AS_OF, write_companies

from orchestration.warehouse.paths import Warehouse
from simulator import SimulationConfig, simulate


@pytest.fixture(scope="session")
def companies(
    built_warehouse: Callable[..., Warehouse], tmp_path_factory: pytest.TempPathFactory
) -> Built:
    """Small companies of every kind, as of a moment before their end."""
    landing = tmp_path_factory.mktemp("companies") / "landing"
    write_companies(landing)
    return Built(landing, built_warehouse(landing, "files", as_of=AS_OF, make=build_odd), AS_OF)


@pytest.fixture(scope="session")
def large_company(
    built_warehouse: Callable[..., Warehouse], tmp_path_factory: pytest.TempPathFactory
) -> Built:
    """A simulated company with enough leads for its rates to be held against the truth."""
    landing = tmp_path_factory.mktemp("large") / "landing"
    simulate(SimulationConfig(leads=20_000, months=18, seed=5, activities_per_lead=4), landing)
    return Built(landing, built_warehouse(landing, "files"))
