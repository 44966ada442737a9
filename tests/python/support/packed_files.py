"""Workbooks and archives, as bytes."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook

Rows = Sequence[Sequence[Any]]


def workbook(sheets: Mapping[str, Rows], hidden: Sequence[str] = ()) -> bytes:
    """A workbook with these rows in its sheets."""
    book = Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
        for row in rows:
            sheet.append(row)
    return saved(book)


def saved(book: Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def archive(members: Mapping[str, str | bytes]) -> bytes:
    """A ZIP archive of these members, in their order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def stored(members: Mapping[str, str | bytes]) -> bytes:
    """An archive of members that are not compressed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as packed:
        for name, content in members.items():
            packed.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def repacked(packed: bytes, changes: Mapping[str, bytes]) -> bytes:
    """An archive in which these members have another content."""
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        members = {name: opened.read(name) for name in opened.namelist()}
    return archive(members | changes)


def encrypted(packed: bytes) -> bytes:
    """An archive that says of its members that they are encrypted."""
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = packed.index(signature) + offset
        packed = packed[:at] + bytes([packed[at] | 1]) + packed[at + 1 :]
    return packed
