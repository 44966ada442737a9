"""What stands above the header and below the last record of a report that was exported.

Title lines and footer lines are no records: they land with what they are as `_load_error`, and
their text, and count as left out.
"""

import codecs
import csv
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pyarrow as pa

from orchestration.contract import RawTable
from orchestration.ingestion.columns import known_columns
from orchestration.ingestion.text import PlainText

TITLE_LINE = "title line"
FOOTER_LINE = "footer line"
LOADER_MESSAGE = "message of a loader"
LEFT_OUT = (TITLE_LINE, FOOTER_LINE, LOADER_MESSAGE)
"""What a landed row is, as its `_load_error`, that is no record and is not meant to be one.

macros/contract/left_out_by_loader.sql names the same.
"""

MAX_LINES = 50
"""How far a header may be from the beginning, and a footer from the end."""

_TAIL_BYTES = 1 << 16
_BLOCK_BYTES = 1 << 20
_SCHEMA = pa.schema(
    [("_source_row", pa.int64()), ("_load_error", pa.string()), ("_raw_text", pa.string())]
)


@dataclass(frozen=True)
class Margins:
    """The lines above the header and below the last record, and the lines between these."""

    title: tuple[str, ...] = ()
    footer: tuple[str, ...] = ()
    body_lines: int = 0

    def __bool__(self) -> bool:
        return bool(self.title or self.footer)

    @property
    def in_words(self) -> tuple[str, ...]:
        """What was found."""
        found = (("title", self.title), ("footer", self.footer))
        counts = ((kind, sum(bool(line.strip()) for line in lines)) for kind, lines in found)
        return tuple(f"{count} {kind} line(s)" for kind, count in counts if count)

    def rows(self) -> pa.Table:
        """A row per line that is not blank, with numbers that no record has."""
        kinds = [(FOOTER_LINE, line) for line in self.footer]
        kinds += [(TITLE_LINE, line) for line in self.title]
        rows = [
            {"_source_row": number, "_load_error": kind, "_raw_text": line.strip()}
            for number, (kind, line) in enumerate(kinds, start=max(self.body_lines, 1))
            if line.strip()
        ]
        return pa.Table.from_pylist(rows, schema=_SCHEMA)


def title_lines(lines: Sequence[str], table: RawTable, delimiters: Iterable[str]) -> int:
    """How many of the first lines of a file stand above its header.

    As the table declares it, or else those above the first line that has all required columns of
    the table, and at least two of its columns.
    """
    if table.title_lines is not None:
        return table.title_lines
    if not table.required_columns:
        return 0
    for number in range(len(lines)):
        for delimiter in delimiters:
            known = known_columns(_fields(lines[number:], delimiter), table)
            is_header = known.issuperset(table.required_columns)
            if is_header and (number == 0 or len(known) > 1):
                return number
    return 0


def footer_start(lines: Sequence[str], table: RawTable, delimiter: str) -> int:
    """The index of the first line of the footer among the last lines of a file.

    A footer begins with a line that the table declares, or after a blank line; each of its lines
    is declared, blank, or has a text in its first field alone.
    """
    start = len(lines)
    for index in range(len(lines) - 1, -1, -1):
        if not _may_be_footer(lines[index], table, delimiter):
            break
        begins = _is_declared(lines[index], table) or (index > 0 and not lines[index - 1].strip())
        if begins and lines[index].strip():
            start = index
    return start


def _may_be_footer(line: str, table: RawTable, delimiter: str) -> bool:
    if not line.strip() or _is_declared(line, table):
        return True
    if line.count('"') % 2:
        return False  # the end of a record with a line end in quotes
    first, *others = _fields([line], delimiter) or [""]
    # a record has what is required; without others, a line of a single field is none anyway
    return bool(first) and not any(others) and (not others or len(table.required_columns) > 1)


def _is_declared(line: str, table: RawTable) -> bool:
    text = line.strip().replace('"', "")
    return any(fnmatchcase(text, pattern) for pattern in table.footer)


def _fields(lines: Sequence[str], delimiter: str) -> list[str]:
    try:
        return next(csv.reader(lines, delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def cut(
    text: PlainText,
    above: Sequence[str],
    titles: int,
    *,
    delimiter: str,
    table: RawTable,
    body: Path,
) -> Margins:
    """What stands around the records of a file; where something does, they are in `body`.

    `above` are all lines above the header, of which the last `titles` are title lines.
    """
    line_end = b"\r" if text.has_cr_lines else b"\n"
    with text.path.open("rb") as stream:
        begin = len(codecs.BOM_UTF8) if stream.read(3) == codecs.BOM_UTF8 else 0
        begin += sum(len(line.encode()) for line in above)
        end = stream.seek(0, os.SEEK_END)
        # the first of these may be the end of a line; the header is none of a footer
        stream.seek(max(begin, end - _TAIL_BYTES))
        _, *last = stream.read().split(line_end)
        last = last[-MAX_LINES:]
        decoded = [line.decode(errors="replace") for line in last]
        start = footer_start(decoded, table, delimiter)
        footer = decoded[start:]
        title = above[len(above) - titles :]
        if not title and not any(footer):
            return Margins()
        end -= len(line_end.join(last[start:]))
        stream.seek(begin)
        with body.open("wb") as copied:
            line_count = 1
            for block in iter(lambda: stream.read(min(_BLOCK_BYTES, end - stream.tell())), b""):
                line_count += block.count(line_end)
                copied.write(block)
    return Margins(tuple(title), tuple(footer), line_count)
