"""The raw column names of a file, from the names in its header."""

import re
import unicodedata
from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache

import pyarrow as pa

from orchestration.contract import RawTable
from orchestration.ingestion.errors import FileError

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


def column_names(header: Sequence[str], table: RawTable, line: int | None = None) -> list[str]:
    """The raw column for each name of a header: snake_case; `unnamed_<position>` where empty.

    Raises:
        FileError: two names are the same column, one is reserved, or a required one is missing;
            or no table has so many columns or such names.
    """
    _assert_reasonable(header, line)
    names = [_snake_case(name) or f"unnamed_{i}" for i, name in enumerate(header, start=1)]
    _assert_distinct(header, names, line)
    _assert_not_reserved(header, names, line)
    _assert_required_are_there(names, table, line)
    return names


def known_columns(header: Sequence[str], table: RawTable) -> set[str]:
    """The columns of the table that a header has."""
    names = {_snake_case(name) for name in header if len(name) <= MAX_NAME_CHARACTERS}
    return names.intersection(table.column_names)


def _assert_reasonable(header: Sequence[str], line: int | None) -> None:
    if len(header) > MAX_COLUMNS:
        raise FileError(
            f"{len(header):,} columns, the limit is {MAX_COLUMNS:,}",
            "Leave out those that are not in the contract, or export rows instead of columns",
            line,
        )
    for name in header:
        if len(name) > MAX_NAME_CHARACTERS or "\0" in name:
            why = "contains a NUL" if "\0" in name else f"has {len(name):,} characters"
            raise FileError(f"the column name '{name[:40]}' {why}", "Rename it", line)


def _assert_distinct(header: Sequence[str], names: Sequence[str], line: int | None) -> None:
    seen: dict[str, str] = {}
    for original, name in zip(header, names, strict=True):
        if name in seen:
            raise FileError(
                f"columns '{seen[name]}' and '{original}' are both named '{name}'",
                "Rename or remove one of them",
                line,
            )
        seen[name] = original


def _assert_not_reserved(header: Sequence[str], names: Sequence[str], line: int | None) -> None:
    for original, name in zip(header, names, strict=True):
        if name in METADATA.names or name.startswith("_dlt"):
            raise FileError(
                f"the column name '{original}' is reserved for the loader", "Rename it", line
            )


def _assert_required_are_there(names: Sequence[str], table: RawTable, line: int | None) -> None:
    missing = [column for column in table.required_columns if column not in names]
    if not missing:
        return
    spare = [name for name in names if name not in table.column_names]
    nearest = {column: get_close_matches(column, spare, n=1) for column in missing}
    renames = [f"rename '{near[0]}' to '{column}'" for column, near in nearest.items() if near]
    remedy = " and ".join(renames) if renames else "add it to the export"
    # of a file without a header these are the first record, which may be a person's
    found = ", ".join(names) if {*names} & {*table.column_names} else "none of the table's columns"
    raise FileError(
        f"required column {', '.join(repr(column) for column in missing)} is missing "
        f"(found: {found})",
        remedy[0].upper() + remedy[1:],
        line,
    )


@cache
def _snake_case(name: str) -> str:
    """dlt's naming convention, without accents and trailing marks; empty where nothing is left."""
    # dlt takes seconds to import, and a load with nothing new needs none of it
    from dlt.common.normalizers.naming.snake_case import NamingConvention  # noqa: PLC0415

    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    trimmed = re.sub(r"[^0-9A-Za-z]+$", "", ascii_name)
    return NamingConvention().normalize_identifier(trimmed) if trimmed else ""
