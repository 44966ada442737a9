"""CSV: read by DuckDB where every record is sound, and record by record where one is not."""

import csv
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from orchestration.contract import RawTable
from orchestration.ingestion.columns import column_names
from orchestration.ingestion.errors import FileError
from orchestration.ingestion.text import MAX_LINE_BYTES
from orchestration.sql import file_literal, identifier

_BATCH_ROWS = 20_000
_REASONS = (
    ("unexpected end of data", "a quote is opened and never closed"),
    ("field limit", f"a quote is opened and not closed within {MAX_LINE_BYTES:,} characters"),
    ("expected after", "text follows a closing quote"),
    ("new-line character", "a carriage return stands inside a field"),
)
_DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}

# the csv module's own limit (128 kB) would refuse fields that DuckDB takes; this one also keeps a
# quote that is never closed from swallowing the whole file
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
            header = next(_reader(lines, delimiter))
        except csv.Error as error:
            raise FileError(
                f"the header cannot be read ({_reason(error)})", "Correct the first line", line=1
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

    A row with the wrong number of fields is one such row; empty fields at its end do not count.
    Where a quote is never closed, or text follows a closing quote, the physical line is one, and
    reading goes on at the next line.
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
    reader = _reader(source, delimiter)
    next(reader)  # the header
    number = 0
    for line in source.first_lines():
        text = line.rstrip("\r\n")
        if not text.strip(" "):
            continue
        number += 1
        first_line = source.number
        if '"' in text or "\r" in text:
            source.put_back(keep=0)
            fields, reason = _parse(reader)
            if reason is not None:
                source.put_back(keep=1)
        else:
            fields, reason = text.split(delimiter), None
        while len(fields) > width and not fields[-1]:
            fields.pop()
        if reason is None and len(fields) != width:
            reason = f"{len(fields)} fields where the header has {width}"
        if reason is None:
            yield _Record(number, fields)
        else:
            raw_text = "".join(source.record).rstrip("\r\n")
            yield _Record(number, None, f"line {first_line}: {reason}", raw_text)


def _reader(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    return csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)


def _parse(reader: Iterator[list[str]]) -> tuple[list[str], str | None]:
    try:
        return next(reader), None
    except csv.Error as error:
        return [], _reason(error)


def _reason(error: csv.Error) -> str:
    return next((why for sign, why in _REASONS if sign in str(error)), str(error))


class _Lines:
    """The lines of a file, which can be put back; `number` counts those that were taken."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.number = 0
        self.record: list[str] = []
        """The lines of the record that is being read."""
        self._lines = lines
        self._ahead: list[str] = []

    def first_lines(self) -> Iterator[str]:
        """The first line of each record; those that follow it are taken by whoever reads it."""
        while True:
            self.record = []
            line = next(self, None)
            if line is None:
                return
            yield line

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._ahead.pop() if self._ahead else next(self._lines)
        self.number += 1
        self.record.append(line)
        return line

    def put_back(self, keep: int) -> None:
        """Gives back the lines of the record after the first `keep`, to be taken again."""
        given_back = self.record[keep:]
        self._ahead += reversed(given_back)
        self.number -= len(given_back)
        self.record = self.record[:keep]
