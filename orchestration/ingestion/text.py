"""Checks that a text file can be trusted to hold UTF-8 lines, before anything parses it."""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

from orchestration.ingestion.discovery import LandedFile
from orchestration.ingestion.errors import FileError

MAX_LINE_BYTES = 1 << 20
"""Longest line and longest record (1 MiB): beyond it a file is damaged rather than large."""

MAX_EXPANSION = 200
"""How many bytes one compressed byte may become: exports reach 10 to 40, a bomb a thousand."""

ALWAYS_UNPACKED_BYTES = 64 << 20
"""Up to this size (64 MiB) a file is unpacked whatever its expansion."""

_BLOCK_BYTES = 1 << 20
_GZIP = b"\x1f\x8b"
_SIGNATURES = (
    (b"PAR1", "a Parquet file", "Name it .parquet"),
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook", "Unpack it, or export it as CSV"),
    (_GZIP, "compressed with gzip", "Add .gz to its name"),
)


def checked_text(file: LandedFile, unpacked: Path) -> Path:
    """Path of the file's plain UTF-8 text; a compressed file is unpacked to `unpacked`.

    Raises:
        FileError: it is empty, not text, not UTF-8, cut off, or has a line beyond the limit.
    """
    check = _TextCheck(file.name)
    with file.path.open("rb") as stream:
        if not file.is_compressed:
            for block in _blocks(stream):
                check.feed(block)
            check.finish()
            return file.path
        if stream.peek(2)[:2] not in (b"", _GZIP):
            raise FileError(
                "not gzip, although its name says so",
                "Compress it with gzip, or remove .gz from its name",
            )
        with unpacked.open("wb") as target:
            try:
                limit = max(ALWAYS_UNPACKED_BYTES, MAX_EXPANSION * file.path.stat().st_size)
                for block in _blocks(gzip.GzipFile(fileobj=stream)):
                    check.feed(block)
                    _assert_no_bomb(target.tell() + len(block), limit)
                    target.write(block)
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise FileError(
                    f"the compressed file is cut off or damaged here ({error})",
                    "Land it again, complete",
                    line=check.line,
                ) from error
    check.finish()
    return unpacked


def _blocks(stream: BufferedReader | gzip.GzipFile) -> Iterator[bytes]:
    # unlike read, read1 hands out what was unpacked before the place where a file is cut off
    while block := stream.read1(_BLOCK_BYTES):
        yield block


def _assert_no_bomb(unpacked_bytes: int, limit: int) -> None:
    if unpacked_bytes > limit:
        raise FileError(
            f"it unpacks to more than {limit:,} bytes, {MAX_EXPANSION} times its size: a "
            "decompression bomb, or one value repeated endlessly",
            "Check its source; if it is correct, land it unpacked",
        )


class _TextCheck:
    """Takes a file block by block and raises FileError at the first byte that is wrong."""

    def __init__(self, name: str) -> None:
        self.line = 1
        self._name = name
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._is_start = True
        self._line_bytes = 0

    def feed(self, block: bytes) -> None:
        if self._is_start:
            self._check_start(block)
            self._is_start = False
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

    def _check_start(self, block: bytes) -> None:
        for signature, what, remedy in _SIGNATURES:
            if block.startswith(signature):
                raise FileError(f"this is {what}, not what its name says", remedy)
        if encoding := _utf_16(block):
            raise FileError(
                f"the file is encoded as {encoding}, not UTF-8", self._iconv(encoding), line=1
            )

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
            raise FileError(
                f"byte 0x{error.object[error.start]:02X} is not UTF-8 (the file is probably "
                "Windows-1252, also called Latin-1)",
                self._iconv("WINDOWS-1252"),
                line,
                column,
            ) from error

    def _advance(self, block: bytes) -> None:
        # a block is no longer than the limit, so only a line that began before it can exceed it
        first_end = block.find(b"\n")
        if self._line_bytes + (len(block) if first_end < 0 else first_end) > MAX_LINE_BYTES:
            raise FileError(
                f"a line longer than {MAX_LINE_BYTES:,} bytes, the limit (a quote that is never "
                "closed, lines that end in CR alone, or not a text file?)",
                "Correct the line, or export the file again with line ends",
                line=self.line,
            )
        self.line, column = self._place(block)
        self._line_bytes = column - 1

    def _place(self, before: bytes) -> tuple[int, int]:
        """Line and column of the byte that follows `before`, which follows all that was taken."""
        last_end = before.rfind(b"\n")
        if last_end < 0:
            return self.line, self._line_bytes + len(before) + 1
        return self.line + before.count(b"\n"), len(before) - last_end

    def _iconv(self, encoding: str) -> str:
        return f"Convert it: iconv -f {encoding} -t UTF-8 '{self._name}'"


def _utf_16(start: bytes) -> str | None:
    """The UTF-16 that the first bytes speak for: a byte order mark, or every other byte NUL."""
    if start.startswith(codecs.BOM_UTF16_LE) or (start[1:2] == b"\0" != start[:1]):
        return "UTF-16LE"
    if start.startswith(codecs.BOM_UTF16_BE) or (start[:1] == b"\0" != start[1:2]):
        return "UTF-16BE"
    return None
