"""The value at which a mapping fails while a later model reads it: its model, column and row."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb

from orchestration.contract import mapping_model
from orchestration.sql import identifier, literal

PREFIX = mapping_model("", "").removesuffix("__")
"""How the names of mappings begin."""
LOOKED_AT = 10
"""Rows of a file that are looked at to tell a bad value from a mapping that fails everywhere."""


def failing_values(work_database: Path, nodes: Sequence[str]) -> list[str]:
    """A line for each mapping among dbt's `nodes` that fails at a value of the work database.

    A mapping is a view: dbt names the model that reads it first. Values are not shown.
    """
    names = [node.rsplit(".", maxsplit=1)[-1] for node in nodes]
    mappings = [name for name in names if name.startswith(PREFIX)]
    if not mappings:
        return []
    try:
        with duckdb.connect(str(work_database), read_only=True) as connection:
            return [line for name in mappings for line in _lines(connection, name)]
    except duckdb.Error:  # what dbt says has to do
        return []


def _lines(connection: duckdb.DuckDBPyConnection, mapping: str) -> Iterator[str]:
    view = f"staging.{identifier(mapping)}"
    described = connection.execute(f"describe {view}").fetchall()

    def fails(column: str, where: str) -> bool:
        try:
            query = f"select max({identifier(column)}) from {view} where {where}"
            connection.execute(query).fetchall()
        except duckdb.Error:
            return True
        return False

    columns = (name for name, *_ in described if not name.startswith("_"))
    column = next((name for name in columns if fails(name, "true")), None)
    if column is None:
        return
    files = _values(connection, f"_source_file from {view}")
    file = _first(files, lambda value: fails(column, f"_source_file <= {literal(value)}"))
    of_file = f"_source_file = {literal(file)}"
    rows = _values(connection, f"_source_row from {view} where {of_file}")
    row = _first(rows, lambda value: fails(column, f"{of_file} and _source_row <= {value}"))
    # a mapping that looks at other rows, too, fails whichever row is asked for
    is_in_all = all(fails(column, f"{of_file} and _source_row = {r}") for r in rows[:LOOKED_AT])
    where = f"in all rows of {file}" if is_in_all and len(rows) > 1 else f"{file} row {row}"
    yield f"{mapping} fails at column {column}, {where}"


def _values(connection: duckdb.DuckDBPyConnection, selected: str) -> list[str]:
    found = connection.execute(f"select distinct {selected} order by 1").fetchall()
    return [str(value) for (value,) in found]


def _first(values: Sequence[str], fails: Callable[[str], bool]) -> str:
    """The first of the sorted values up to which something fails."""
    low, high = 0, len(values) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fails(values[middle]) else (middle + 1, high)
    return values[low]
