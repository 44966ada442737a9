"""JSON lines: one object a line; any other line is kept as error and raw text."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.contract import RawTable
from orchestration.ingestion.columns import read_header
from orchestration.ingestion.errors import FileError
from orchestration.ingestion.header import Header
from orchestration.sql import identifier, literal

_BATCH_LINES = 20_000
_SCHEMA = pa.schema([("number", pa.int64()), ("line", pa.int64()), ("text", pa.string())])

# no other database takes text with a NUL; an escaped backslash before u0000 is taken for one too
_HAS_NUL = r"contains(text, '\u0000')"

# json_valid guards the other functions, which fail on text that is no JSON
_IS_OBJECT = "case when json_valid(text) then json_type(text) = 'OBJECT' else false end"


def lines(text: Path) -> pa.RecordBatchReader:
    """The lines of a file that are not blank: number among those, number in the file, text."""
    return pa.RecordBatchReader.from_batches(_SCHEMA, _batches(text))


def _batches(text: Path) -> Iterator[pa.RecordBatch]:
    rows = _numbered(text)
    while chunk := list(islice(rows, _BATCH_LINES)):
        columns = zip(zip(*chunk, strict=True), _SCHEMA, strict=True)
        arrays = [pa.array(values, field.type) for values, field in columns]
        yield pa.record_batch(arrays, schema=_SCHEMA)


def _numbered(text: Path) -> Iterator[tuple[int, int, str]]:
    number = 0
    with text.open(encoding="utf-8-sig", newline="\n") as stream:
        for line, content in enumerate(stream, start=1):
            if stripped := content.strip():
                number += 1
                yield number, line, stripped


def object_keys(connection: duckdb.DuckDBPyConnection, text: Path) -> list[str]:
    """The keys that occur in the objects of a file, in order of appearance.

    Raises:
        FileError: it is a JSON array, or no line is an object.
    """
    _, line, first_text = next(_numbered(text), (0, 1, ""))
    if first_text.startswith("["):
        raise FileError("this is a JSON array, not one object per line", "Name it .json", line)
    connection.register("landed", lines(text))
    found = connection.execute(
        f"""
        select key
        from (
            select number, unnest(json_keys(text)) as key
            from landed
            where {_IS_OBJECT} and not {_HAS_NUL}
        )
        group by key
        order by min(number), key
        """
    ).fetchall()
    keys = [key for (key,) in found]
    if not keys:
        raise FileError(
            "no line is a JSON object with keys",
            "Write one JSON object per line",
            line,
        )
    return keys


def object_rows(keys: list[str], table: RawTable, unit: str = "line") -> tuple[Header, str]:
    """The keys of a file as its header, and the query for its rows from the view `landed`.

    `unit` is what a bad row is called.

    Raises:
        FileError: the keys do not make the table's columns.
    """
    header = read_header(keys, table)
    pointers = ", ".join(literal(_pointer(key)) for key in keys)
    values = ", ".join(
        f"value[{i}] as {identifier(column)}" for i, column in enumerate(header.columns, start=1)
    )
    return (
        header,
        f"""
        select
            {values},
            number as _source_row,
            case when value is null then '{unit} ' || line || ': ' || reason end as _load_error,
            case when value is null then text end as _raw_text
        from (
            select
                *,
                case when {_HAS_NUL} then 'a NUL character in it' else 'not a JSON object' end
                    as reason,
                case
                    when {_HAS_NUL} then null
                    when {_IS_OBJECT} then json_extract_string(text, [{pointers}])
                end as value
            from landed
        )
    """,
    )


def _pointer(key: str) -> str:
    return "/" + key.replace("~", "~0").replace("/", "~1")
