"""CSV: read by DuckDB where every record is sound, and record by record where one is not."""

import csv
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from orchestration.contract import RawTable
from orchestration.ingestion.columns import column_names
from orchestration.ingestion.errors import FileError
from orchestration.ingestion.sql import file_literal, identifier
from orchestration.ingestion.text import MAX_LINE_BYTES

_BATCH_ROWS = 20_000
_REASONS = (
    ("unexpected end of data", "a quote is opened and never closed"),
    ("expected after", "text follows a closing quote"),
    ("new-line character", "a carriage return stands inside a field"),
)
_DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}

# the csv module's own limit (128 kB) would refuse fields that DuckDB takes; it has no other setting
csv.field_size_limit(MAX_LINE_BYTES)


class _Record(NamedTuple):
    """One record of a file; `fields` are null where `error` says why it could not be read."""

    number: int
    fields: list[str] | None
    error: str | None = None
    raw_text: str | None = None


def header_columns(text: Path, delimiter: str, table: RawTable) -> list[str]:
    """The raw column names of a CSV file.

    Raises:
        FileError: the first line is not a header of this table.
    """
    with text.open(encoding="utf-8-sig", newline="\n") as lines:
        try:
            header = next(csv.reader(lines, delimiter=delimiter, strict=True))
        except csv.Error as error:
            raise FileError(
                f"the header cannot be read ({_reason(error)})", "Mend the first line", line=1
            ) from error
    if not header or header == [""]:
        raise FileError("the first line is empty", "Put the column names there", line=1)
    if len(header) == 1:
        _assert_delimiter(header[0], delimiter)
    return column_names(header, table, line=1)


def _assert_delimiter(header: str, delimiter: str) -> None:
    for other, name in _DELIMITER_NAMES.items():
        if other != delimiter and other in header:
            raise FileError(
                f"the header is one field that contains a {name}: the fields are not separated by "
                f"a {_DELIMITER_NAMES[delimiter]}",
                "Export it with commas (or with tabs, named .tsv)",
                line=1,
            )


def sound_rows(text: Path, delimiter: str, columns: list[str]) -> str:
    """Query for the rows of a CSV file; it fails where a record is unsound."""
    types = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(columns)))
    names = ", ".join(f"c{i} as {identifier(name)}" for i, name in enumerate(columns))
    return f"""
        select
            {names},
            row_number() over () as _source_row,
            null::varchar as _load_error,
            null::varchar as _raw_text
        from read_csv(
            {file_literal(text)},
            auto_detect = false, header = true, columns = {{{types}}}, compression = 'none',
            delim = '{delimiter}', quote = '"', escape = '"', strict_mode = true
        )
    """


def all_rows(text: Path, delimiter: str, columns: list[str]) -> pa.RecordBatchReader:
    """The rows of a CSV file, those that are no record of `columns` as error and raw text.

    A row with the wrong number of fields is one such row. Where a quote is never closed, or text
    follows a closing quote, the physical line is one, and reading goes on at the next line.
    """
    schema = pa.schema(
        [(name, pa.string()) for name in columns]
        + [("_source_row", pa.int64()), ("_load_error", pa.string()), ("_raw_text", pa.string())]
    )

    blank: list[str | None] = [None] * len(columns)

    def batches() -> Iterator[pa.RecordBatch]:
        with text.open(encoding="utf-8-sig", newline="\n") as lines:
            records = _records(lines, delimiter, len(columns))
            while chunk := list(islice(records, _BATCH_ROWS)):
                rows = [record.fields or blank for record in chunk]
                values = [*zip(*rows, strict=True)]
                values += [*zip(*((r.number, r.error, r.raw_text) for r in chunk), strict=True)]
                arrays = [
                    pa.array(value, field.type) for value, field in zip(values, schema, strict=True)
                ]
                yield pa.record_batch(arrays, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _records(lines: Iterator[str], delimiter: str, width: int) -> Iterator[_Record]:
    source = _Lines(lines)
    next(csv.reader(source, delimiter=delimiter, strict=True))  # the header
    number = 0
    for line in source:
        if not line.strip(" \r\n"):
            continue
        number += 1
        first_line = source.number
        fields, reason, raw_text = _parse(line, source, delimiter)
        if len(fields) == width + 1 and fields[-1] == "":
            fields.pop()
        if reason is None and len(fields) != width:
            reason = f"{len(fields)} fields where the header has {width}"
        if reason is None:
            yield _Record(number, fields)
        else:
            yield _Record(number, None, f"line {first_line}: {reason}", raw_text)


def _parse(line: str, source: "_Lines", delimiter: str) -> tuple[list[str], str | None, str]:
    """Fields of the record that begins with `line`, what is wrong with it, and its text."""
    text = line.rstrip("\r\n")
    if '"' not in text and "\r" not in text:
        return text.split(delimiter), None, text
    taken: list[str] = []
    reader = csv.reader(
        _look_ahead(line, source, taken), delimiter=delimiter, strict=True, skipinitialspace=True
    )
    try:
        return next(reader), None, "".join(taken).rstrip("\r\n")
    except csv.Error as error:
        source.put_back(taken[1:])
        return [], _reason(error), text


def _reason(error: csv.Error) -> str:
    return next((why for sign, why in _REASONS if sign in str(error)), str(error))


def _look_ahead(line: str, source: "_Lines", taken: list[str]) -> Iterator[str]:
    size = 0
    for ahead in chain([line], source):
        taken.append(ahead)
        size += len(ahead)
        if size > MAX_LINE_BYTES:
            return
        yield ahead


class _Lines:
    """The lines of a file, which can be put back; `number` counts those that were taken."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._ahead: list[str] = []
        self.number = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._ahead.pop() if self._ahead else next(self._lines)
        self.number += 1
        return line

    def put_back(self, lines: list[str]) -> None:
        self._ahead += reversed(lines)
        self.number -= len(lines)
