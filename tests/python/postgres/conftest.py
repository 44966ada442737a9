"""A database of its own for each test, and releases that say which generation they are."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from support.generations import PROVENANCE, write_generation
from support.postgres_server import PostgresServer

from orchestration.releases import publish
from orchestration.releases.postgres import Target
from orchestration.warehouse.paths import Warehouse


@pytest.fixture
def url(postgres_server: PostgresServer) -> str:
    """URL of an empty database, as a user who owns it and is no superuser."""
    return postgres_server.new_database()


@pytest.fixture
def target(url: str) -> Target:
    return Target(SecretStr(url), patience=60)


@pytest.fixture
def connection(url: str) -> Iterator[psycopg.Connection]:
    """A reader's connection, outside a transaction."""
    with psycopg.connect(url, autocommit=True, application_name="the-reader") as connected:
        yield connected


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse")


@pytest.fixture
def publish_generation(warehouse: Warehouse) -> Callable[[int], str]:
    """Publish a generation; its version says which: the release id."""

    def make(generation: int) -> str:
        write_generation(warehouse, generation)
        provenance = PROVENANCE.model_copy(update={"project_version": f"0.{generation}"})
        return publish(warehouse, keep=3, provenance=provenance).release_id

    return make
