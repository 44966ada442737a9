"""The tables about to be published, beside the release that readers have."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from orchestration.audit.figures import SAMPLES
from orchestration.releases import PUBLISHED_SCHEMAS, Manifest
from orchestration.sql import identifier, literal, qualified

BASELINE = "baseline"
"""Catalog that the release to compare with is attached as."""


@dataclass(frozen=True)
class Marts:
    """The work database, and the manifest of the release that is attached as `baseline`."""

    connection: duckdb.DuckDBPyConnection
    baseline: Manifest | None
    reporting_currency: str

    def has(self, table: str, *columns: str) -> bool:
        """True if the work database has a table with these columns."""
        schema, name = table.split(".")
        found = self.connection.execute(
            f"""
            select column_name from information_schema.columns
            where table_catalog = current_database()
                and table_schema = {literal(schema)} and table_name = {literal(name)}
            """
        ).fetchall()
        return bool(found) and set(columns) <= {column for (column,) in found}

    def published(self, table: str, *columns: str) -> bool:
        """True if the earlier release has a table with these columns."""
        there = self.baseline.tables.get(table) if self.baseline else None
        return there is not None and set(columns) <= there.columns.keys()

    def row(self, query: str) -> tuple[Any, ...]:
        """The one row of a query."""
        return self.connection.execute(query).fetchone() or ()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self.connection.execute(query).fetchall()

    def as_of(self) -> datetime | None:
        """The moment that the work database speaks for."""
        if not self.has("intermediate.int_as_of", "as_of"):
            return None
        row = self.row("select max(as_of) from intermediate.int_as_of")
        return row[0] if row else None

    def row_counts(self) -> dict[str, int]:
        """Rows of each table of the work database that is to be published."""
        schemas = ", ".join(map(literal, PUBLISHED_SCHEMAS))
        tables = self.rows(
            f"""
            select table_schema || '.' || table_name from information_schema.tables
            where table_catalog = current_database() and table_schema in ({schemas})
            order by 1
            """
        )
        return {
            name: int(self.row(f"select count(*) from {qualified(name)}")[0]) for (name,) in tables
        }

    def value_counts(self, relation: str, column: str) -> dict[str, int]:
        """Rows of each value of a column, as text."""
        counts: dict[str, int] = defaultdict(int)
        for value, count in self.rows(
            f"select cast({identifier(column)} as varchar), count(*) from {relation} group by 1"
        ):
            counts[str(value)] += count
        return counts

    def sample_keys(self, table: str, condition: str) -> tuple[str, ...]:
        """Surrogate keys of some rows: the first column of every published table is its key."""
        schema, name = table.split(".")
        (key,) = self.row(
            f"""
            select column_name from information_schema.columns
            where table_catalog = current_database()
                and table_schema = {literal(schema)} and table_name = {literal(name)}
            order by ordinal_position
            limit 1
            """
        )
        found = self.rows(
            f"select cast({identifier(key)} as varchar) from {qualified(table)} "
            f"where {condition} order by 1 limit {SAMPLES}"
        )
        return tuple(f"{key} {value}" for (value,) in found)
