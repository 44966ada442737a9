"""The raw columns of a file, from the names in its header: one rule for all formats."""

from collections.abc import Sequence

import pyarrow as pa

from orchestration.contract import RawTable
from orchestration.ingestion.errors import FileError
from orchestration.ingestion.header import Header

METADATA = pa.schema(
    [
        ("_source_file", pa.string()),
        ("_source_row", pa.int64()),
        ("_file_id", pa.string()),
        ("_loaded_at", pa.timestamp("us")),
        ("_load_error", pa.string()),
        ("_raw_text", pa.string()),
    ]
)
"""What every raw row has beside the columns of its file."""


MAX_COLUMNS = 1_000
"""Columns that a file may have; the widest table of the contract has 27."""

MAX_NAME_CHARACTERS = 200
"""Length that a column name may have."""


def read_header(names: Sequence[str], table: RawTable, line: int | None = None) -> Header:
    """The raw column for each name of a header: `RawTable.column_of`, or `unnamed_<position>`.

    Raises:
        FileError: two names land in one column, one is reserved, or a required one is missing;
            or no table has so many columns or such names.
    """
    _assert_reasonable(names, line)
    columns = [table.column_of(name) or f"unnamed_{i}" for i, name in enumerate(names, start=1)]
    header = Header(table, tuple(names), tuple(columns))
    _assert_distinct(header, line)
    _assert_not_reserved(header, line)
    _assert_required_are_there(header, line)
    return header


def known_columns(names: Sequence[str], table: RawTable) -> set[str]:
    """The columns of the table that a header has."""
    columns = {table.column_of(name) for name in names if len(name) <= MAX_NAME_CHARACTERS}
    return columns.intersection(table.column_names)


def _assert_reasonable(names: Sequence[str], line: int | None) -> None:
    if len(names) > MAX_COLUMNS:
        raise FileError(
            f"{len(names):,} columns, the limit is {MAX_COLUMNS:,}",
            "Leave out those that are not in the contract, or export rows instead of columns",
            line,
        )
    for name in names:
        if len(name) > MAX_NAME_CHARACTERS or "\0" in name:
            why = "contains a NUL" if "\0" in name else f"has {len(name):,} characters"
            raise FileError(f"the column name '{name[:40]}' {why}", "Rename it", line)


def _assert_distinct(header: Header, line: int | None) -> None:
    seen: dict[str, str] = {}
    for name, column in zip(header.names, header.columns, strict=True):
        if column in seen:
            raise FileError(
                f"columns '{seen[column]}' and '{name}' both land in '{column}'",
                "Rename or remove one of them",
                line,
            )
        seen[column] = name


def _assert_not_reserved(header: Header, line: int | None) -> None:
    for name, column in zip(header.names, header.columns, strict=True):
        if column in METADATA.names or column.startswith("_dlt"):
            raise FileError(
                f"the column name '{name}' is reserved for the loader", "Rename it", line
            )


def _assert_required_are_there(header: Header, line: int | None) -> None:
    table = header.table
    missing = [column for column in table.required_columns if column not in header.columns]
    if not missing:
        return
    near = {column: name for column, name in header.near_names.items() if column in missing}
    renames = [f"rename '{name}' to '{column}'" for column, name in near.items()]
    remedy = " and ".join(renames) if renames else "add it to the export"
    if near:
        remedy += f", or name it under `aliases` of the column in {table.declared_in}"
    # of a file without a header these are the first record, which may be a person's
    found = ", ".join(header.columns) if header.has_known_columns else "none of the table's columns"
    raise FileError(
        f"required column {', '.join(repr(column) for column in missing)} is missing "
        f"(found: {found})",
        remedy[0].upper() + remedy[1:],
        line,
    )
