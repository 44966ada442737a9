"""Landed rows in the scratch database, by the contract table that they reach."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from orchestration.contract import (
    LEDGER_TABLE,
    RawTable,
    contract_tables,
    filled_tables,
    raw_tables,
)
from orchestration.ingestion.columns import METADATA
from orchestration.ingestion.ledger import dataset_name
from orchestration.source_check.findings import Sample
from orchestration.sql import identifier, literal, qualified

SAMPLES = 3
"""Rows that are shown as examples."""


@dataclass(frozen=True)
class Landed:
    """The scratch database of a source, once its mappings ran.

    `with_values`: samples have the text of their rows, and words are listed.
    """

    connection: duckdb.DuckDBPyConnection
    source: str
    with_values: bool = True

    @cached_property
    def raw_tables(self) -> list[RawTable]:
        """The raw tables of the source."""
        return raw_tables(self.source)

    @cached_property
    def contract_tables(self) -> list[RawTable]:
        """The contract tables that the source fills, in the order of the contract."""
        filled = filled_tables(self.source)
        return [table for name, table in contract_tables().items() if name in filled]

    def fills(self, table: str) -> bool:
        """True if the source maps rows to the contract table."""
        return table in {filled.name for filled in self.contract_tables}

    def has_records(self, table: str) -> bool:
        """True if the source gives records of the contract table."""
        return self.fills(table) and bool(self.rows(f"select 1 from {records(table)} limit 1"))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self.connection.execute(query).fetchall()

    def samples(self, places: Sequence[dict[str, Any]] | None) -> tuple[Sample, ...]:
        """Rows as they were landed; a place is the `id` of a file and a `row` of it."""
        return tuple(
            sample for place in places or () if (sample := self._sample(place["id"], place["row"]))
        )

    def _sample(self, file_id: str, row: int) -> Sample | None:
        names = self.rows(
            f"select table_name from {raw(self.source, LEDGER_TABLE)} "
            f"where file_id = {literal(file_id)} order by 1 limit 1"
        )
        for (name,) in names:
            found = self.connection.execute(
                f"select * from {raw(self.source, name)} "
                f"where _file_id = {literal(file_id)} and _source_row = {int(row)}"
            )
            columns = [column[0] for column in found.description or ()]
            for values in found.fetchall():
                landed = dict(zip(columns, values, strict=True))
                text = _text(landed) if self.with_values else None
                return Sample(landed["_source_file"], row, text)
        return None


def raw(source: str, table: str) -> str:
    """A raw table of the source, quoted."""
    return qualified(f"{dataset_name(source)}.{table}")


def records(table: str) -> str:
    """The records of a contract table with their `_outcome`."""
    return f"intermediate.{identifier(f'int_{table}_versioned')}"


PLACES = f"min_by({{'id': _file_id, 'row': _source_row}}, (_source_file, _source_row), {SAMPLES})"
"""SQL aggregate of the places of the first few rows, as `Landed.samples` takes them."""


@contextmanager
def opened(database: Path, source: str, *, with_values: bool = True) -> Iterator[Landed]:
    """The scratch database, once the mappings ran."""
    with duckdb.connect(str(database)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield Landed(connection, source, with_values)


def _text(landed: dict[str, Any]) -> str:
    """The row as text: as it stood in the file, or else its columns that are not empty."""
    if landed["_raw_text"] is not None:
        return str(landed["_raw_text"])
    added = {*METADATA.names, "_dlt_load_id", "_dlt_id"}
    values = {name: value for name, value in landed.items() if name not in added and value}
    return json.dumps(values, ensure_ascii=False)
