"""Rows of raw tables, and which of their values are personal, as the sources declare it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.contract import (
    ID_KINDS,
    Column,
    Properties,
    RawTable,
    available_sources,
    raw_tables,
)
from orchestration.ingestion.columns import METADATA
from orchestration.ingestion.ledger import dataset_name
from orchestration.loaders import known_columns
from orchestration.sql import file_literal, identifier, literal


@dataclass(frozen=True)
class Value:
    """A personal value of a row, which is `rows`: its column, and SQL of its text."""

    column: str
    text: str


@dataclass(frozen=True)
class RawRows:
    """Rows of a raw table, taken from `relation` (SQL), with those columns that it has."""

    table: RawTable
    relation: str
    columns: Sequence[str]

    def of_kind(self, *kinds: str) -> list[Value]:
        """The values that are declared to be such personal data."""
        plain = [
            Value(column.name, text_of(column.name))
            for column in self._declared
            if column.pii in kinds
        ]
        by_property = [
            Value(
                column.name,
                f"case when {is_one_of(properties, names)} then {text_of(column.name)} end",
            )
            for column, properties in self._histories
            if (names := properties.of_kind(*kinds))
        ]
        return [*plain, *by_property]

    @property
    def ids(self) -> list[tuple[Value, str]]:
        """The values that are an id of a person, and whose."""
        return [(value, kind) for kind in ID_KINDS for value in self.of_kind(kind)]

    @property
    def undeclared(self) -> list[str]:
        """The columns that only the file knows; nobody said that they are not personal."""
        known = {*self.table.column_names, *METADATA.names, *known_columns()}
        return [name for name in self.columns if name not in known and not name.startswith("_dlt_")]

    @property
    def addresses(self) -> list[Value]:
        """The values that may be an e-mail address."""
        of_no_kind = [
            Value(
                column.name,
                f"case when {is_one_of(properties, [name for name, _ in properties.kinds])} "
                f"then null else {text_of(column.name)} end",
            )
            for column, properties in self._histories
        ]
        unknown = [Value(name, text_of(name)) for name in self.undeclared]
        return [*self.of_kind("email"), *of_no_kind, *unknown]

    @property
    def system(self) -> str:
        """SQL of the source system of a row."""
        source = literal(self.table.source)
        if "source_system" not in self.columns:
            return source
        return f"coalesce(nullif(trim(rows.source_system), ''), {source})"

    def name_of(self, column: str) -> str:
        """A column's name among those of all sources."""
        return f"{self.table.source}.{self.table.name}.{column}"

    @property
    def has_people(self) -> bool:
        """True if a row can be a person's at all."""
        return any(column.pii or column.properties for column in self.table.columns)

    @property
    def _declared(self) -> list[Column]:
        return [column for column in self.table.columns if column.name in self.columns]

    @property
    def _histories(self) -> list[tuple[Column, Properties]]:
        return [
            (column, column.properties)
            for column in self._declared
            if column.properties and column.properties.by in self.columns
        ]


def text_of(column: str) -> str:
    """SQL of the text of a column of a row."""
    return f"rows.{identifier(column)}"


def is_one_of(properties: Properties, names: Sequence[str]) -> str:
    """SQL that is true for a row of one of these properties, and null or false for any other."""
    listed = ", ".join(map(literal, names)) or "null"
    return f"trim({text_of(properties.by)}) in ({listed})"


def raw_rows(connection: duckdb.DuckDBPyConnection) -> list[RawRows]:
    """The raw tables of the work database that can hold personal data."""
    found = connection.execute(
        "select schema_name, table_name, list(column_name order by column_index) "
        "from duckdb_columns() where database_name = current_database() group by 1, 2"
    ).fetchall()
    existing = {(schema, table): columns for schema, table, columns in found}
    return [
        RawRows(
            table,
            f"{identifier(dataset_name(source))}.{identifier(table.name)}",
            existing[(dataset_name(source), table.name)],
        )
        for source in available_sources()
        for table in raw_tables(source)
        if (dataset_name(source), table.name) in existing
    ]


def file_rows(connection: duckdb.DuckDBPyConnection, table: RawTable, path: Path) -> RawRows:
    """The rows of a Parquet file that a load has read."""
    relation = f"read_parquet({file_literal(path)})"
    described = connection.execute(f"describe from {relation}").fetchall()
    return RawRows(table, relation, [name for name, *_ in described])
