"""Parquet: every value as text, whatever its type."""

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.ingestion.columns import read_header
from orchestration.ingestion.discovery import LandedFile
from orchestration.ingestion.errors import FileError
from orchestration.ingestion.header import Header
from orchestration.sql import file_literal, identifier

MAX_ROWS_PER_BYTE = 100
"""Rows that a byte may hold: one value repeated without end takes a thousand and more."""

ALWAYS_READ_ROWS = 10_000_000
"""Up to this number of rows a file is read whatever its size."""

_NESTED = ("STRUCT", "MAP", "UNION")


def parquet_rows(connection: duckdb.DuckDBPyConnection, file: LandedFile) -> tuple[Header, str]:
    """The header of a Parquet file, and the query for its rows.

    Raises:
        FileError: it is not Parquet, or its columns do not make the table's.
    """
    header = read_header(column_names(file), file.table)
    source = (
        f"read_parquet({file_literal(file.path)}, binary_as_string = true, file_row_number = true)"
    )
    described = connection.execute(
        f"describe select * exclude (file_row_number) from {source}"
    ).fetchall()
    values = ", ".join(
        f"{_text(name, data_type)} as {identifier(column)}"
        for column, (name, data_type, *_) in zip(header.columns, described, strict=True)
    )
    texts = [identifier(name) for name, data_type, *_ in described if data_type == "VARCHAR"]
    has_nul = " or ".join(f"contains({text}, chr(0))" for text in texts) or "false"
    return (
        header,
        f"""
        select
            {values},
            file_row_number + 1 as _source_row,
            case when {has_nul} then 'row ' || file_row_number + 1 || ': a NUL character in it' end
                as _load_error,
            case when _load_error is not null then to_json(landed)::varchar end as _raw_text
        from {source} as landed
    """,
    )


def column_names(file: LandedFile) -> list[str]:
    """The names of the columns, as written.

    Raises:
        FileError: it is not Parquet, or claims more rows than it can hold.
    """
    # DuckDB would rename those that differ in case alone
    try:
        footer = pq.read_metadata(file.path)
        names: list[str] = footer.schema.to_arrow_schema().names
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise FileError(*_what_it_is(file)) from error
    _assert_plausible(file, footer.num_rows)
    return names


def _assert_plausible(file: LandedFile, row_count: int) -> None:
    byte_count = file.path.stat().st_size
    if row_count > max(ALWAYS_READ_ROWS, MAX_ROWS_PER_BYTE * byte_count):
        raise FileError(
            f"it claims {row_count:,} rows in {byte_count:,} bytes: a decompression bomb, or a "
            "damaged footer",
            "Check its source, and export it again",
        )


def _what_it_is(file: LandedFile) -> tuple[str, str]:
    with file.path.open("rb") as stream:
        start = stream.read(4096)
    if not start:
        return "the file is empty (0 bytes)", "Export it again, or remove it"
    if start.startswith(b"PAR1"):
        return (
            "the Parquet file is cut off or damaged: its footer cannot be read",
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
