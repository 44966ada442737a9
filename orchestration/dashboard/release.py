"""A release that the page reads: its manifest, and answers to queries."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import FunnelError
from orchestration.releases import Manifest, current_release_id
from orchestration.releases.manifest import manifest_or_none
from orchestration.warehouse.paths import DATABASE_FILE, Warehouse

QUERIES_DIR = Path(__file__).with_name("queries")
Row = dict[str, Any]


class NoReleaseError(FunnelError):
    """The page was asked for before anything was published, or the release cannot be read."""


@dataclass(frozen=True)
class Answer:
    """The rows of a query: numbers are float or int, dates `date`; null is None.

    `problem` says why there are none where the release, an older one, lacks a table or column.
    """

    sql: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    problem: str | None = None


@dataclass(frozen=True)
class OpenRelease:
    """A release that is being read; it stays the same one to the end."""

    manifest: Manifest
    connection: duckdb.DuckDBPyConnection

    @property
    def currency(self) -> str:
        """The reporting currency that it was built with (ISO 4217)."""
        return self._var("reporting_currency", "EUR")

    @property
    def zone(self) -> str:
        """The reporting time zone that it was built with (IANA)."""
        return self._var("reporting_time_zone", "UTC")

    def ask(self, query: str) -> Answer:
        """The answer to a query."""
        sql = query.strip()
        try:
            result = self.connection.execute(sql)
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            return Answer(sql, (), (), problem=str(error).splitlines()[0])
        columns = tuple(column[0] for column in result.description)
        rows = tuple(dict(zip(columns, map(_plain, row), strict=True)) for row in result.fetchall())
        return Answer(sql, columns, rows)

    def _var(self, name: str, default: str) -> str:
        value = self.manifest.provenance.rules.get(f"var {name}")
        return str(json.loads(value)) if value else default


@contextmanager
def open_current(warehouse: Warehouse) -> Iterator[OpenRelease]:
    """The release that is current now, read-only.

    Raises:
        NoReleaseError: there is none, or its manifest cannot be read.
    """
    release_id = current_release_id(warehouse)
    if release_id is None:
        raise NoReleaseError(
            f"There is no release in {warehouse.root}, so there is nothing to show. "
            "Run `funnel build` first, or name another folder with --warehouse."
        )
    folder = warehouse.releases_dir / release_id
    manifest = manifest_or_none(folder)
    if manifest is None:
        raise NoReleaseError(
            f"Release {release_id} is damaged: its manifest cannot be read. "
            "Choose another release (`funnel rollback`) or build again."
        )
    with duckdb.connect(str(folder / DATABASE_FILE), read_only=True) as connection:
        yield OpenRelease(manifest, connection)


def query_text(name: str) -> str:
    """The text of a query, with the comment that says what it answers."""
    return (QUERIES_DIR / f"{name}.sql").read_text(encoding="utf-8").strip()


def _plain(value: Any) -> Any:
    """Exact decimals as floats, for JSON and arithmetic; moments as days are not asked for."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.date()
    return value


def iso(value: date) -> str:
    """A day as charts read it."""
    return value.isoformat()
