"""Excel workbooks: one sheet of them, written as CSV the way a person would write it.

A number is text without trailing zeros, a date is ISO 8601, an error is what the cell shows
(`#N/A`), and a number that a format shows with leading zeros keeps them. A cell holds 15 digits of
a number: a longer one lands as a floating-point number, which the audit names where it is an id.
"""

import csv
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

from orchestration.contract import RawTable
from orchestration.ingestion.bombs import assert_no_bomb, unpacked_limit
from orchestration.ingestion.columns import MAX_COLUMNS
from orchestration.ingestion.errors import FileError

if TYPE_CHECKING:
    from openpyxl import Workbook

MAX_ROWS = 1 << 20
"""Rows of the largest sheet that Excel knows."""

_EXACT = 10**15
"""Whole numbers from here on are rounded in a workbook."""

_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, ParseError, OSError),
    *(ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError),
)
"""What openpyxl raises over parts that are not what they should be."""

_LEADING_ZEROS = re.compile("00+")
_NOT_SHOWN = re.compile(r'\[[^\]]*\]|"[^"]*"|\\.')
_FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
_STARTS = (
    (b"\xd0\xcf\x11\xe0", "an old workbook (.xls), or one with a password"),
    (b"<?xml", "an XML document"),
    (b"<", "a web page (HTML), as some tools export it"),
)


def write_csv(workbook: Path, table: RawTable, target: Path) -> tuple[str, ...]:
    """Write the table's sheet to `target` as CSV, and return what is not usual in it, in words.

    The sheet is the one that the table names, or the only visible one that has rows. A blank row
    is a blank line, so that lines are rows; those at the end go.

    Raises:
        FileError: it is no workbook, damaged or a bomb; nothing says which sheet is meant; or a
            formula has no value.
    """
    _assert_workbook(workbook)
    with _opened(workbook, values=True) as values, target.open("w", encoding="utf-8") as lines:
        sheet = _sheet(values, table)
        writer = csv.writer(lines, lineterminator="\n")
        width = 0
        for blank_rows, texts in _rows(sheet, _without_value(workbook, sheet.title)):
            lines.write("\n" * blank_rows)
            width = max(width, len(texts))
            writer.writerow([*texts, *[""] * (width - len(texts))])
        return (f"sheet '{sheet.title}'",) if len(values.worksheets) > 1 else ()


def _assert_workbook(workbook: Path) -> None:
    with workbook.open("rb") as stream:
        start = stream.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise FileError("the file is empty (0 bytes)", "Export it again, or remove it")
    for signature, what in _STARTS:
        if start.startswith(signature):
            raise FileError(
                f"this is {what}, not what its name says",
                "Open it in Excel or LibreOffice and save it as .xlsx or CSV",
            )
    if not start.startswith(b"PK") and b"\0" not in start:
        raise FileError("this is text, not a workbook", "Name it .csv")
    try:
        with zipfile.ZipFile(workbook) as archive:
            parts = archive.infolist()
    except _DAMAGE as error:
        raise _damaged(error) from error
    assert_no_bomb(sum(part.file_size for part in parts), unpacked_limit(workbook.stat().st_size))
    if "[Content_Types].xml" not in {part.filename for part in parts}:
        raise FileError(
            "a ZIP archive that holds no workbook", "Name it .zip, or save it as .xlsx or CSV"
        )


@contextmanager
def _opened(workbook: Path, *, values: bool) -> "Iterator[Workbook]":
    """The workbook with the values of its cells, or with their formulas."""
    from openpyxl import load_workbook  # noqa: PLC0415  (few loads need it)

    with workbook.open("rb") as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and the like, which nobody reads here
        try:
            opened = load_workbook(stream, read_only=True, data_only=values, keep_links=False)
            yield opened
        except _DAMAGE as error:
            if isinstance(error, OSError) and error.errno:
                raise
            raise _damaged(error) from error


def _damaged(error: BaseException) -> FileError:
    return FileError(
        f"the workbook is cut off or damaged ({error})",
        "Land it again, complete, or save it anew in Excel or LibreOffice",
    )


def _sheet(workbook: "Workbook", table: RawTable) -> Any:
    sheets: list[Any] = workbook.worksheets
    for sheet in sheets:
        sheet.reset_dimensions()  # what a file says of its own size may be wrong
    if table.sheet:
        found = [sheet for sheet in sheets if sheet.title == table.sheet]
        problem = f"there is no sheet '{table.sheet}'"
    else:
        found = [
            sheet
            for sheet in sheets
            if sheet.sheet_state == "visible" and next(_rows(sheet, ()), None)
        ]
        problem = f"{len(found) or 'no'} visible sheets have rows"
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"'{sheet.title}'" for sheet in sheets)
    raise FileError(
        f"{problem}, and there are {names}",
        f"Declare one as `sheet: <name>` in the meta of table {table.name} in {table.declared_in}",
    )


def _rows(sheet: Any, without_value: Iterable[Sequence[str]]) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with the number of blank ones before it."""
    blank = 0
    missing = iter(without_value)
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        if formulas := next(missing, ()):
            raise FileError(
                f"the formula in {formulas[0]} has no value",
                "Open the workbook in Excel or LibreOffice, save it, and land it again",
                line=number,
            )
        if number > MAX_ROWS or len(cells) > MAX_COLUMNS:
            raise _too_large(cells, number)
        texts = [_text(cell) for cell in cells]
        while texts and not texts[-1]:
            texts.pop()
        if texts:
            yield blank, texts
            blank = 0
        else:
            blank += 1


def _too_large(cells: Sequence[Any], number: int) -> FileError:
    if number > MAX_ROWS:
        return FileError(f"it claims more than {MAX_ROWS:,} rows", "Save it anew in Excel")
    return FileError(
        f"{len(cells):,} columns, the limit is {MAX_COLUMNS:,}",
        "Remove what stands on the right of the table",
        line=number,
    )


def _without_value(workbook: Path, title: str) -> Iterator[list[str]]:
    """For each row, the cells with a formula that nobody calculated; nothing without formulas."""
    if not _has_formulas(workbook):
        return
    with _opened(workbook, values=True) as values, _opened(workbook, values=False) as formulas:
        sheets = (values[title], formulas[title])
        for sheet in sheets:
            sheet.reset_dimensions()
        for row, of_row in zip(*(sheet.iter_rows() for sheet in sheets), strict=True):
            yield [
                cell.coordinate
                for value, cell in zip(row, of_row, strict=True)
                # an empty text is a value, and says so by its type
                if cell.data_type == "f" and value.value is None and value.data_type == "n"
            ]


def _has_formulas(workbook: Path) -> bool:
    with zipfile.ZipFile(workbook) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        return any(_FORMULA.search(archive.read(name)) for name in sheets)


def _text(cell: Any) -> str:
    text = ""
    match cell.value:
        case bool(value):
            text = str(value).lower()
        case int(value) | float(value):
            text = _number(value, cell.number_format)
        case datetime() as value if value.time() == time() and not _shows_hours(cell):
            text = value.date().isoformat()
        case datetime() as value:
            text = value.isoformat(sep=" ")
        case date() | time() as value:
            text = value.isoformat()
        case timedelta() as value:
            minutes, seconds = divmod(round(value.total_seconds()), 60)
            text = f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
        case value if value is not None:
            text = str(value)
    return text


def _number(value: float, number_format: str) -> str:
    if abs(value) >= _EXACT:
        return repr(float(value))
    if value != int(value):
        return f"{value:.15g}"
    width = len(number_format) if _LEADING_ZEROS.fullmatch(number_format) else 0
    return f"{int(value):0{width}}" if width else str(int(value))


def _shows_hours(cell: Any) -> bool:
    return "h" in _NOT_SHOWN.sub("", cell.number_format).lower()
