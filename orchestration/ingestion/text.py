"""Checks that a file can be trusted to hold lines of text, and makes them UTF-8."""

import codecs
import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from orchestration.ingestion.bombs import assert_no_bomb, unpacked_limit
from orchestration.ingestion.discovery import LandedFile
from orchestration.ingestion.errors import FileError
from orchestration.ingestion.json_files import MAX_DOCUMENT_BYTES

MAX_LINE_BYTES = 1 << 20
"""Longest line and longest record (1 MiB): beyond it a file is damaged rather than large."""

_BLOCK_BYTES = 1 << 20
_UTF_8_BYTES = 7
"""Bytes in which a sign of UTF-8 may have begun in the block before: two characters, less one."""

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_MAGIC = {"gzip": _GZIP, "zstd": _ZSTD}
_WINDOWS_1252 = "cp1252"
_ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16LE",
    "utf-16-be": "UTF-16BE",
    _WINDOWS_1252: "Windows-1252",
}
_SIGNATURES = (
    (b"PAR1", "a Parquet file", "Name it .parquet"),
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook", "Name it .zip or .xlsx, as what it is"),
    (_GZIP, "compressed with gzip", "Add .gz to its name"),
    (_ZSTD, "compressed with Zstandard", "Add .zst to its name"),
)
# the end of the first record that is outside quotes; what is quoted may contain line ends
_FIRST_RECORD = re.compile(rb'(?:[^"\r\n]++|"[^"]*+")*+(\r\n?|\n)')

# Windows-1252 text has an odd capital before a curly quote, which is one character of UTF-8, but
# none of these: Western letters and marks in UTF-8, its byte order mark, or two characters of
# another script in a row
_UTF_8 = re.compile(
    rb"[\xC2\xC3][\x80-\xBF]|\xE2[\x80-\x84][\x80-\xBF]|\xEF\xBB\xBF"
    rb"|(?:[\xC4-\xDF][\x80-\xBF]|[\xE0-\xEF][\x80-\xBF]{2}|[\xF0-\xF4][\x80-\xBF]{3}){2}"
)


class _ByteStream(Protocol):
    def read1(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class PlainText:
    """The UTF-8 text of a landed file, and how the file itself was written.

    `encoding` is what it is called in messages. `has_cr_lines` is true where CR alone ends the
    first record, as in files of an old Macintosh or of Excel for one.
    """

    path: Path
    encoding: str
    has_cr_lines: bool


def checked_text(file: LandedFile, rewritten: Path) -> PlainText:
    """The file's text; that of a compressed file, or of one in another encoding, is `rewritten`.

    Raises:
        FileError: it is empty, not text, not UTF-8 and nothing else beyond doubt, cut off, or has
            a line beyond the limit.
    """
    try:
        return _utf_8_text(file, "utf-8", rewritten)
    except _OtherEncodingError as error:
        try:
            text = _utf_8_text(file, error.codec, rewritten)
        except UnicodeDecodeError:
            raise error from None
        if error.codec == _WINDOWS_1252 and text.has_cr_lines:
            raise  # Mac Roman is as likely
        return text


class _OtherEncodingError(FileError):
    """The file is not UTF-8; it is refused if `codec` cannot read it either."""

    def __init__(
        self, codec: str, what: str, remedy: str, line: int = 1, column: int | None = None
    ) -> None:
        self.codec = codec
        super().__init__(what, remedy, line, column)


def _utf_8_text(file: LandedFile, codec: str, rewritten: Path) -> PlainText:
    # a document may be one line
    check = _TextCheck(MAX_DOCUMENT_BYTES if file.format == "json" else MAX_LINE_BYTES)
    with file.path.open("rb") as stream:
        if file.compression is None and codec == "utf-8":
            for block in _blocks(stream):
                check.feed(block)
            check.finish()
            return check.result(file.path, codec)
        _assert_compressed_as_named(file, stream)
        with rewritten.open("wb") as target:
            try:
                limit = unpacked_limit(file.path.stat().st_size)
                blocks = _blocks(_unpacked(file, stream))
                for block in blocks if codec == "utf-8" else _to_utf_8(blocks, codec):
                    check.feed(block)
                    assert_no_bomb(target.tell() + len(block), limit)
                    target.write(block)
            except (EOFError, OSError, zlib.error) as error:
                if isinstance(error, OSError) and error.errno:
                    raise  # of the disk, not of the file
                raise FileError(
                    f"the compressed file is cut off or damaged here ({error})",
                    "Land it again, complete",
                    line=check.line,
                ) from error
    check.finish()
    return check.result(rewritten, codec)


def _assert_compressed_as_named(file: LandedFile, stream: BufferedReader) -> None:
    start = stream.peek(4)
    if file.compression and start and not start.startswith(_MAGIC[file.compression]):
        ending = file.ending[file.ending.rindex(".") :]
        raise FileError(
            f"not {file.compression}, although its name says so",
            f"Compress it with {file.compression}, or remove {ending} from its name",
        )


def _unpacked(file: LandedFile, stream: BufferedReader) -> _ByteStream:
    if file.compression == "gzip":
        return gzip.GzipFile(fileobj=stream)
    return pa.CompressedInputStream(stream, "zstd") if file.compression else stream


def _blocks(stream: _ByteStream) -> Iterator[bytes]:
    # unlike read, read1 hands out what was unpacked before the place where a file is cut off
    while block := stream.read1(_BLOCK_BYTES):
        yield block


def _to_utf_8(blocks: Iterator[bytes], codec: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(codec)()
    before = b""
    for block in blocks:
        if codec == _WINDOWS_1252:
            _assert_no_utf_8(before + block)
            before = block[-_UTF_8_BYTES:]
        text = decoder.decode(block).encode()
        # a character takes up to three bytes, and the check takes no more than a block at a time
        for start in range(0, len(text), _BLOCK_BYTES):
            yield text[start : start + _BLOCK_BYTES]
    decoder.decode(b"", final=True)


def _assert_no_utf_8(block: bytes) -> None:
    if found := _UTF_8.search(block):
        raise UnicodeDecodeError(_WINDOWS_1252, block, *found.span(), "a character of UTF-8")


class _TextCheck:
    """Takes UTF-8 text block by block and raises FileError at the first byte that is wrong."""

    def __init__(self, longest_line: int) -> None:
        self.line = 1
        self._longest_line = longest_line
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._is_start = True
        self._has_bom = False
        self._line_bytes = 0
        self._line_end = b"\n"
        self._first_record: bytes | None = b""
        """What was taken so far, while the end of the first record is not found."""

    def feed(self, block: bytes) -> None:
        if self._is_start:
            self._check_start(block)
            self._is_start = False
        if self._first_record is not None:
            self._look_for_line_end(block)
        if (nul := block.find(b"\0")) >= 0:
            raise FileError(
                "a NUL byte, so this is not text (or the disk was full when it was written)",
                "Export it again, as UTF-8 text",
                *self._place(block[:nul]),
            )
        self._check_utf8(block)
        self._advance(block)

    def finish(self) -> None:
        if self._is_start:
            raise FileError("the file is empty (0 bytes)", "Export it again, or remove it")
        self._check_utf8(b"", is_final=True)

    def result(self, path: Path, codec: str) -> PlainText:
        encoding = _ENCODINGS[codec]
        if self._has_bom:
            encoding += " with a byte order mark"
        return PlainText(path, encoding, self._line_end == b"\r")

    def _look_for_line_end(self, block: bytes) -> None:
        self._first_record = (self._first_record or b"") + block
        # a CR at the end of a block may be half of a CRLF
        if found := _FIRST_RECORD.match(self._first_record.removesuffix(b"\r")):
            self._line_end = b"\r" if found[1] == b"\r" else b"\n"
        if found or len(self._first_record) > MAX_LINE_BYTES:
            self._first_record = None

    def _check_start(self, block: bytes) -> None:
        for signature, what, remedy in _SIGNATURES:
            if block.startswith(signature):
                raise FileError(f"this is {what}, not what its name says", remedy)
        if codec := _utf_16(block):
            raise _OtherEncodingError(
                codec,
                f"the file begins as {_ENCODINGS[codec]}, but is damaged or cut off later",
                "Export it again, as UTF-8 text",
            )
        self._has_bom = block.startswith(codecs.BOM_UTF8)

    def _check_utf8(self, block: bytes, is_final: bool = False) -> None:
        pending = self._decoder.getstate()[0]
        if block.isascii() and not pending:
            return
        try:
            self._decoder.decode(block, is_final)
        except UnicodeDecodeError as error:
            before = error.object[len(pending) : error.start]
            line, column = self._place(before)
            if error.start < len(pending):
                column -= len(pending) - error.start
            bad_byte = f"byte 0x{error.object[error.start]:02X} is not UTF-8"
            if is_final:
                raise FileError(
                    f"{bad_byte}: half of a character at the end of the file",
                    "Land it again, complete",
                    line,
                    column,
                ) from error
            raise _OtherEncodingError(
                _WINDOWS_1252,
                f"{bad_byte}, and nothing shows beyond doubt which other encoding it is",
                "Export it again, as UTF-8 text",
                line,
                column,
            ) from error

    def _advance(self, block: bytes) -> None:
        # a block is no longer than the limit, so only a line that began before it can exceed it
        first_end = block.find(self._line_end)
        if self._line_bytes + (len(block) if first_end < 0 else first_end) > self._longest_line:
            raise FileError(
                f"a line longer than {self._longest_line:,} bytes, the limit (a quote that is "
                "never closed, or not a text file?)",
                "Correct the line, or export the file again with line ends",
                line=self.line,
            )
        self.line, column = self._place(block)
        self._line_bytes = column - 1

    def _place(self, before: bytes) -> tuple[int, int]:
        """Line and column of the byte that follows `before`, which follows all that was taken."""
        last_end = before.rfind(self._line_end)
        if last_end < 0:
            return self.line, self._line_bytes + len(before) + 1
        return self.line + before.count(self._line_end), len(before) - last_end


def _utf_16(start: bytes) -> str | None:
    """The UTF-16 that a file begins with, by its mark or as every other byte of a line is NUL."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for codec, low, high in (
        ("utf-16-le", start[::2], start[1::2]),
        ("utf-16-be", start[1::2], start[::2]),
    ):
        line = re.match(rb"[^\0\r\n]{2,}", low)
        if line and not any(high[: line.end()]):
            return codec
    return None
