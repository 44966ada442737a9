"""CSV: read by DuckDB where every record is sound, and record by record where one is not."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TextIO

import pyarrow as pa

from orchestration.contract import RawTable
from orchestration.ingestion.columns import known_columns, read_header
from orchestration.ingestion.errors import FileError
from orchestration.ingestion.header import Header
from orchestration.ingestion.margins import MAX_LINES, Margins, cut, title_lines
from orchestration.ingestion.text import MAX_LINE_BYTES, PlainText
from orchestration.sql import file_literal, identifier

_BATCH_ROWS = 20_000
_REASONS = (
    ("unexpected end of data", "a quote is opened and never closed"),
    ("field limit", f"a quote is opened and not closed within {MAX_LINE_BYTES:,} characters"),
    ("expected after", "text follows a closing quote"),
    ("new-line character", "a carriage return stands inside a field"),
)
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_ANY_DELIMITER = "commas, semicolons, tabs or vertical bars"
_SEP_LINE = re.compile(r'"?sep=(.)"?[\r\n]*', re.IGNORECASE)

# the csv module's own limit (128 kB) would refuse fields that DuckDB takes; this one also keeps a
# quote that is never closed from swallowing the whole file
csv.field_size_limit(MAX_LINE_BYTES)


@dataclass(frozen=True)
class CsvText:
    """The text of a CSV file, and the delimiter of its fields.

    Excel writes the delimiter into a line `sep=;` before the header. `header_line` is that of the
    landed file; in `text`, `skipped` lines are before the header. What stands around the records
    in the landed file is in `margins`, and not in `text`.
    """

    text: PlainText
    delimiter: str
    has_sep_line: bool = False
    skipped: int = 0
    header_line: int = 1
    margins: Margins = field(default_factory=Margins)

    def read_as(self, usual: str) -> tuple[str, ...]:
        """What is not usual in it, in words; nothing where that is its delimiter and LF or CRLF."""
        source = ", as its line sep= says" if self.has_sep_line else ""
        fields = f"fields separated by {_DELIMITERS[self.delimiter]}{source}"
        is_usual = self.delimiter == usual and not self.has_sep_line
        line_ends = ("lines that end in CR",) * self.text.has_cr_lines
        return (fields,) * (not is_usual) + line_ends + self.margins.in_words

    def open(self) -> TextIO:
        """The lines of the file from the header on."""
        # where CR ends the first record, CRLF and LF end a line too
        newline = "" if self.text.has_cr_lines else "\n"
        lines = self.text.path.open(encoding="utf-8-sig", newline=newline)
        for _ in range(self.skipped):
            lines.readline()
        return lines


class _Record(NamedTuple):
    """One record of a file; `fields` are null where `error` says why it could not be read."""

    number: int
    fields: list[str] | None
    error: str | None = None
    raw_text: str | None = None


def csv_text(text: PlainText, usual: str, table: RawTable, body: Path) -> CsvText:
    """The records of a file, with its delimiter: as its line `sep=` says, or as its header shows.

    A header shows it by the columns of the table that stand between the delimiters. Where lines of
    a report stand above the header or below the last record, the others are written to `body`.

    Raises:
        FileError: two delimiters are as good, or the one that is named is none.
    """
    with CsvText(text, usual).open() as lines:
        first_lines = [*islice(lines, 1 + (table.title_lines or MAX_LINES))]
    named = _SEP_LINE.fullmatch(first_lines[0]) if first_lines else None
    if named and named[1] not in _DELIMITERS:
        raise FileError(
            f"the delimiter '{named[1]}' of its line sep= is not supported",
            f"Export it with {_ANY_DELIMITER}",
            line=1,
        )
    has_sep_line = named is not None
    titles = title_lines(
        first_lines[has_sep_line:], table, named[1] if named else (usual, *_DELIMITERS)
    )
    above = first_lines[: has_sep_line + titles]
    file = CsvText(text, usual, has_sep_line, len(above), len(above) + 1)
    file = replace(file, delimiter=named[1] if named else _delimiter(file, table))
    margins = cut(text, above, titles, delimiter=file.delimiter, table=table, body=body)
    if not margins:
        return file
    return replace(file, text=replace(text, path=body), skipped=0, margins=margins)


def _delimiter(file: CsvText, table: RawTable) -> str:
    with file.open() as lines:
        first_line = lines.readline()
    headers = {}
    for delimiter in _DELIMITERS:
        if delimiter == file.delimiter or delimiter in first_line:
            with suppress(FileError):
                headers[delimiter] = header_names(replace(file, delimiter=delimiter))
    return _best_delimiter(headers, file, table)


def _best_delimiter(headers: Mapping[str, Sequence[str]], file: CsvText, table: RawTable) -> str:
    usual = file.delimiter
    known = {delimiter: known_columns(header, table) for delimiter, header in headers.items()}
    rank = {
        delimiter: (columns.issuperset(table.required_columns), len(columns))
        for delimiter, columns in known.items()
    }
    best = [delimiter for delimiter in headers if rank[delimiter] == max(rank.values())]
    if not any(known.values()):
        if len(headers.get(usual, "")) > 1 or len(headers) <= 1:
            return usual
        if table.required_columns:
            # none is there: the error says which are missing, and which names are near
            return max(headers, key=lambda delimiter: len(headers[delimiter]))
        best = [*headers]
    if len(best) > 1:
        choices = " or ".join(_DELIMITERS[delimiter] for delimiter in best)
        lines = " or ".join(f"sep={delimiter}" for delimiter in best)
        raise FileError(
            f"the fields of the header may be separated by {choices}",
            f"Put a line {lines} before the header",
            line=file.header_line,
        )
    return best[0]


def csv_header(file: CsvText, table: RawTable) -> Header:
    """The header of a CSV file, and the raw columns that it names.

    Raises:
        FileError: the first line is not a header of this table.
    """
    names = header_names(file)
    if not names or names == [""]:
        raise FileError(
            "the first line is empty", "Put the column names there", line=file.header_line
        )
    return read_header(names, table, line=file.header_line)


def header_names(file: CsvText) -> list[str]:
    """The names in the header, as written.

    Raises:
        FileError: it is no CSV.
    """
    with file.open() as lines:
        try:
            return next(_reader(lines, file.delimiter), [])
        except csv.Error as error:
            raise FileError(
                f"the header cannot be read ({_reason(error)})",
                "Correct the first line",
                line=file.header_line,
            ) from error


def has_even_line_ends(file: CsvText) -> bool:
    """True if all line ends up to that of the header are alike.

    DuckDB takes the first one, also one in quotes, for that of the file, and finds no row where
    the rows end in another.
    """
    with file.text.path.open(encoding="utf-8-sig", newline="") as lines:
        source = _Lines(lines)
        for _ in range(file.skipped):
            next(source)
        next(_reader(source, file.delimiter))
    return len({line[len(line.rstrip("\r\n")) :] for line in source.record}) == 1


def sound_rows(file: CsvText, columns: Sequence[str]) -> str:
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
            {file_literal(file.text.path)},
            auto_detect = false, skip = {file.skipped}, header = true,
            columns = {{{types}}}, compression = 'none',
            delim = '{file.delimiter}', quote = '"', escape = '"', strict_mode = true
        )
    """


def all_rows(file: CsvText, columns: Sequence[str]) -> pa.RecordBatchReader:
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
        with file.open() as lines:
            records = _records(file, lines, len(columns))
            while chunk := list(islice(records, _BATCH_ROWS)):
                rows = [record.fields or blank for record in chunk]
                values = [*zip(*rows, strict=True)]
                values += [*zip(*((r.number, r.error, r.raw_text) for r in chunk), strict=True)]
                arrays = [
                    pa.array(value, field.type) for value, field in zip(values, schema, strict=True)
                ]
                yield pa.record_batch(arrays, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _records(file: CsvText, lines: Iterator[str], width: int) -> Iterator[_Record]:
    source = _Lines(lines, taken=file.header_line - 1)
    reader = _reader(source, file.delimiter)
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
            fields, reason = text.split(file.delimiter), None
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

    def __init__(self, lines: Iterator[str], taken: int = 0) -> None:
        self.number = taken
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
