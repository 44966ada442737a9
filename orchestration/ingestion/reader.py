"""Turns one landed file into one clean Parquet file of text columns, or says why it cannot be."""

import errno
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from io import BufferedIOBase
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from orchestration.contract import RawTable
from orchestration.ingestion import (
    archives,
    csv_files,
    json_files,
    jsonl_files,
    parquet_files,
    workbooks,
)
from orchestration.ingestion.discovery import LandedFile
from orchestration.ingestion.errors import FileError, LoadError, unreadable
from orchestration.ingestion.header import Header
from orchestration.ingestion.margins import LEFT_OUT
from orchestration.ingestion.text import PlainText, checked_text
from orchestration.sql import file_literal, identifier, literal

_DELIMITERS = {"csv": ",", "tsv": "\t"}
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class Fingerprint:
    """Identity of a file's content; `version` changes whenever the file does."""

    sha256: str
    byte_count: int
    version: tuple[int, ...]


@dataclass(frozen=True)
class ReadFile:
    """The rows of a landed file, as text with row metadata, in the Parquet file `path`."""

    path: Path
    header: Header
    row_count: int
    rejected_row_count: int
    read_as: tuple[str, ...] = ()
    """How the file is written (encoding, delimiter, line ends), in words, unless that is usual."""


def fingerprint(file: LandedFile) -> Fingerprint:
    """Checksum and version of a file.

    Raises:
        FileError: it cannot be opened, or has a name that no database can store.
    """
    try:
        str(file.path).encode()
    except UnicodeEncodeError as error:
        raise FileError("its name is not UTF-8", "Rename it") from error
    if file.fault:
        raise file.fault
    try:
        with _content(file) as stream:
            version = _version(file)
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(error) from error
    return Fingerprint(sha256, file.byte_count, version)


def _content(file: LandedFile) -> AbstractContextManager[BufferedIOBase]:
    return archives.opened(file.path, file.member) if file.member else file.path.open("rb")


def file_id(file: LandedFile, sha256: str | None) -> str:
    """Identifies a content at a path; a file that cannot be opened has no checksum."""
    return hashlib.sha256(f"{file.name}\0{sha256 or ''}".encode()).hexdigest()[:32]


def read_file(
    connection: duckdb.DuckDBPyConnection,
    file: LandedFile,
    seen: Fingerprint,
    loaded_at: datetime,
    target: Path,
) -> ReadFile:
    """Writes the rows of `file` to the Parquet file `target`.

    Raises:
        FileError: the file is not what its name says, or changed since it was `seen`.
        LoadError: there is no room to write; the file is not to blame.
    """
    try:
        identity = file_id(file, seen.sha256)
        with _unpacked(file, target) as plain:
            header, read_as = _write_rows(connection, plain, identity, loaded_at, target)
        if _version(file) != seen.version:
            raise FileError(
                "the file changed while it was read",
                "Nothing to do: the next load reads it once it is complete",
            )
        counts = connection.execute(
            "select count(*), count(*) filter (_load_error is not null and not "
            f"list_contains(?, _load_error)) from read_parquet({file_literal(target)})",
            [[*LEFT_OUT]],
        ).fetchall()
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise _no_room(error, target) from error
        raise unreadable(error) from error
    except duckdb.Error as error:
        if any(os.strerror(number) in str(error) for number in _NO_ROOM):
            raise _no_room(error, target) from error
        reason = str(error).splitlines()[0]
        raise FileError(f"it cannot be read ({reason})", "Export it again") from error
    [(row_count, rejected_row_count)] = counts
    return ReadFile(target, header, row_count, rejected_row_count, read_as)


@contextmanager
def _unpacked(file: LandedFile, target: Path) -> Iterator[LandedFile]:
    """The file; a member of an archive as a file beside `target`, which goes afterwards."""
    if file.member is None:
        yield file
        return
    unpacked = target.with_suffix(".member")
    try:
        archives.unpack(file.path, file.member, unpacked)
        yield replace(file, path=unpacked, member=None)
    finally:
        unpacked.unlink(missing_ok=True)


def _write_rows(
    connection: duckdb.DuckDBPyConnection,
    file: LandedFile,
    identity: str,
    loaded_at: datetime,
    target: Path,
) -> tuple[Header, tuple[str, ...]]:
    copy = partial(
        _copy_statement, file=file, identity=identity, loaded_at=loaded_at, target=target
    )
    with TemporaryDirectory(prefix=target.stem, dir=target.parent) as scratch:
        reading = _Reading(connection, file, Path(scratch), copy)
        match file.format:
            case "parquet":
                return reading.parquet()
            case "xlsx":
                return reading.workbook()
            case "json" | "jsonl":
                return reading.json()
            case _:
                return reading.csv()


@dataclass(frozen=True)
class _Reading:
    """One file, and the statement that copies the rows of a query to where they are wanted.

    Each format has a method that executes it and returns the header, and what is not usual in the
    file, in words. What a method writes meanwhile is in the folder `scratch`.
    """

    connection: duckdb.DuckDBPyConnection
    file: LandedFile
    scratch: Path
    copy: Callable[[Sequence[str], str], str]

    def parquet(self) -> tuple[Header, tuple[str, ...]]:
        file = self.file
        record = jsonl_files.record_column(parquet_files.column_names(file), file.table)
        if record is not None:
            file = replace(file, table=_open_to_all(file.table))
        header, rows = parquet_files.parquet_rows(self.connection, file)
        if record is not None:
            jsonl_files.land_rows(self.connection, rows, header, record)
            return self._objects("row")
        self.connection.execute(self.copy(header.columns, rows))
        return header, ()

    def workbook(self) -> tuple[Header, tuple[str, ...]]:
        sheet = self.scratch / "sheet.csv"
        of_sheet = workbooks.write_csv(self.file.path, self.file.table, sheet)
        text = checked_text(replace(self.file, path=sheet, ending=".csv"), self.scratch / "text")
        header, csv_text, of_records = self._csv(text, ",")
        return header, (*of_sheet, *csv_text.margins.in_words, *of_records)

    def csv(self) -> tuple[Header, tuple[str, ...]]:
        text = checked_text(self.file, self.scratch / "text")
        usual = _DELIMITERS[self.file.format]
        header, csv_text, of_records = self._csv(text, usual)
        return header, _read_as(text, *csv_text.read_as(usual), *of_records)

    def json(self) -> tuple[Header, tuple[str, ...]]:
        text = checked_text(self.file, self.scratch / "text")
        lines, unit = text.path, "line"
        if self.file.format == "json":
            lines, unit = self.scratch / "records.jsonl", "record"
            json_files.write_record_lines(text.path, self.file.table, lines)
        jsonl_files.land_lines(self.connection, lines)
        header, of_records = self._objects(unit)
        return header, _read_as(text, *of_records)

    def _csv(
        self, text: PlainText, usual: str
    ) -> tuple[Header, csv_files.CsvText, tuple[str, ...]]:
        table = self.file.table
        csv_text = csv_files.csv_text(text, usual, table, self.scratch / "body")
        record = jsonl_files.record_column(csv_files.header_names(csv_text), table)
        if record is None:
            header = csv_files.csv_header(csv_text, table)
            self.connection.register("margins", csv_text.margins.rows())
            self._for_csv_rows(
                csv_text,
                header,
                lambda rows: self.connection.execute(
                    self.copy(header.columns, f"{rows} union all by name from margins")
                ),
            )
            return header, csv_text, ()
        header = csv_files.csv_header(csv_text, _open_to_all(table))
        self._for_csv_rows(
            csv_text,
            header,
            lambda rows: jsonl_files.land_rows(self.connection, rows, header, record),
        )
        header, of_records = self._objects("row")
        return header, csv_text, of_records

    def _for_csv_rows(
        self, csv_text: csv_files.CsvText, header: Header, take: Callable[[str], object]
    ) -> None:
        """Take the rows from DuckDB, or record by record if one is not sound."""
        try:
            if csv_files.has_even_line_ends(csv_text):
                take(csv_files.sound_rows(csv_text, header.columns))
                return
        except duckdb.InvalidInputException:
            pass
        self.connection.register("landed", csv_files.all_rows(csv_text, header.columns))
        take("from landed")

    def _objects(self, unit: str) -> tuple[Header, tuple[str, ...]]:
        """Copy the rows of the table `json_lines`."""
        objects = jsonl_files.objects_of(self.connection, self.file.table)
        header, rows = jsonl_files.object_rows(objects, self.file.table, unit)
        self.connection.execute(self.copy(header.columns, rows))
        self.connection.execute("drop table json_lines")
        return header, objects.in_words


def _open_to_all(table: RawTable) -> RawTable:
    """The table as if each column were as welcome: its own lie in one of them."""
    return replace(table, columns=())


def _read_as(text: PlainText, *more: str) -> tuple[str, ...]:
    read_as = (text.encoding, *more)
    return () if read_as == ("UTF-8",) else read_as


def _copy_statement(
    columns: Sequence[str],
    rows: str,
    *,
    file: LandedFile,
    identity: str,
    loaded_at: datetime,
    target: Path,
) -> str:
    """Copies `rows` to `target`: the contract's columns, then others of the file, then metadata."""
    values = {
        name: f"nullif({identifier(name)}, '')" if name in columns else "null::varchar"
        for name in [*file.table.column_names, *columns]
    } | {
        "_source_file": literal(file.name),
        "_source_row": "_source_row",
        "_file_id": literal(identity),
        "_loaded_at": f"timestamp '{loaded_at}'",
        "_load_error": "_load_error",
        "_raw_text": "_raw_text",
    }
    selected = ", ".join(f"{value} as {identifier(name)}" for name, value in values.items())
    # rows carry their number: keeping them in order would cost memory for nothing
    options = "format parquet, preserve_order false"
    return f"copy (select {selected} from ({rows})) to {literal(str(target))} ({options})"


def _version(file: LandedFile) -> tuple[int, ...]:
    # the kernel sets the change time (ctime) at every change; a program can set the others back
    status = file.path.stat()
    return (status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns)


def _no_room(error: Exception, target: Path) -> LoadError:
    # refusing the file instead would publish a release without its rows
    return LoadError(
        f"There is no room to write in {target.parent}: {error}. Nothing counts as loaded. Free "
        "some space (`funnel doctor` says how much a build takes) and run it again."
    )
