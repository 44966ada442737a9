"""Parquet: every value as text, whatever its type."""

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.ingestion.columns import column_names
from orchestration.ingestion.discovery import LandedFile
from orchestration.ingestion.errors import FileError
from orchestration.sql import file_literal, identifier

_NESTED = ("STRUCT", "MAP", "UNION")


def parquet_rows(connection: duckdb.DuckDBPyConnection, file: LandedFile) -> tuple[list[str], str]:
    """The raw columns of a Parquet file, and the query for its rows.

    Raises:
        FileError: it is not Parquet, or its columns do not make the table's.
    """
    # pyarrow gives the names as written; DuckDB renames those that differ in case alone
    try:
        names = pq.read_schema(file.path).names
    except pa.ArrowInvalid as error:
        raise FileError(*_what_it_is(file)) from error
    columns = column_names(names, file.table)
    source = (
        f"read_parquet({file_literal(file.path)}, binary_as_string = true, file_row_number = true)"
    )
    described = connection.execute(f"describe select * exclude (file_row_number) from {source}")
    values = ", ".join(
        f"{_text(name, data_type)} as {identifier(column)}"
        for column, (name, data_type, *_) in zip(columns, described.fetchall(), strict=True)
    )
    return (
        columns,
        f"""
        select
            {values},
            file_row_number + 1 as _source_row,
            null::varchar as _load_error,
            null::varchar as _raw_text
        from {source}
    """,
    )


def _what_it_is(file: LandedFile) -> tuple[str, str]:
    with file.path.open("rb") as stream:
        start = stream.read(4096)
    if not start:
        return "the file is empty (0 bytes)", "Export it again, or remove it"
    if start.startswith(b"PAR1"):
        return (
            "the Parquet file is cut off or damaged: its footer is missing",
            "Land it again, whole",
        )
    if b"\0" not in start:
        return "this is text, not Parquet", "Name it .csv or .jsonl, as what it is"
    return "this is not a Parquet file", "Export it again as Parquet, CSV or JSON lines"


def _text(name: str, data_type: str) -> str:
    column = identifier(name)
    if data_type in ("DOUBLE", "FLOAT"):
        # ids with gaps come out of pandas as doubles: 12.0 must meet the 12 of another file
        return (
            f"case when isnan({column}) then null "
            f"when {column} = trunc({column}) and abs({column}) < 1e15 "
            f"then {column}::bigint::varchar else {column}::varchar end"
        )
    if data_type.startswith(_NESTED) or data_type.endswith("]"):
        return f"to_json({column})::varchar"
    return f"{column}::varchar"
