"""The load: finds what is new under the landing folder and appends it to the raw schemas."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.contract import RawTable, raw_tables
from orchestration.ingestion import ledger
from orchestration.ingestion.discovery import LandedFile, find_files
from orchestration.ingestion.errors import (
    FileError,
    LandingNotFoundError,
    LoadError,
    MissingTablesError,
)
from orchestration.ingestion.pipeline import append
from orchestration.ingestion.reader import Fingerprint, ReadFile, file_id, fingerprint, read_file
from orchestration.ingestion.report import FileResult, LoadReport
from orchestration.sql import literal

KeepOut = Callable[[Sequence[tuple[RawTable, Path]]], None]
"""Takes erased persons out of Parquet files, each with the raw table that it is loaded into."""


def load(
    landing: Path,
    database: Path,
    sources: Sequence[str],
    echo: Callable[[str], None] = lambda _: None,
    *,
    keep_out: KeepOut,
) -> LoadReport:
    """Loads what is new under `landing` into schema `raw_<source>` of `database`, per source.

    A file is loaded once per path and content; a whole export again where its content comes back
    after another one. A file that cannot be read is refused, with the reason in the report and in
    the ledger, and tried again by the next load. `echo` takes a line per file as it is read.
    `keep_out` takes the persons whose erasure was asked for out of the rows that are about to be
    appended. Only one load at a time may use a database; a load may be killed at any moment, and
    the next one puts things right.

    Raises:
        UnknownSourceError: a source has no folder under `models/staging/`.
        LandingNotFoundError: there is no landing folder.
        LoadError: dlt or the database failed.
        MissingTablesError: a required table never had a file; raised after all else was loaded.
    """
    tables = {source: raw_tables(source) for source in sources}
    if not landing.is_dir():
        raise LandingNotFoundError(landing)
    files, notes = find_files(landing, [table for group in tables.values() for table in group])
    work_dir = database.parent / "dlt"
    if work_dir.exists():
        shutil.rmtree(work_dir)
    work_dir.mkdir(parents=True)
    with _warehouse(database) as warehouse, _reader(work_dir) as reader:
        now = ledger.next_moment(warehouse, sources, datetime.now(UTC).replace(tzinfo=None))
        this_load = _Load(warehouse, reader, work_dir, now, echo, keep_out)
        results = [
            result
            for source, declared in tables.items()
            for result in this_load.take_source(
                source, declared, [file for file in files if file.table.source == source]
            )
        ]
        missing = [
            table
            for source, declared in tables.items()
            for table in ledger.never_loaded(warehouse, source, declared)
            if table.is_required
        ]
    report = LoadReport(tuple(results), len(files) - len(results), notes)
    if missing:
        raise MissingTablesError(landing, missing, report)
    return report


def _warehouse(database: Path) -> duckdb.DuckDBPyConnection:
    try:
        connection = duckdb.connect(database)
    except duckdb.Error as error:
        raise LoadError(f"The work database cannot be opened: {error}") from error
    # rows carry their number; without an order they load twice as fast and take half the space
    connection.execute("set preserve_insertion_order = false")
    return connection


def _reader(work_dir: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(f"set temp_directory = {literal(str(work_dir / 'spill'))}")
    return connection


@dataclass(frozen=True)
class _Outcome:
    """Outcome for a file that is new, or that was refused before."""

    file: LandedFile
    seen: Fingerprint | None
    read: ReadFile | None = None
    error: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.file.table.name, file_id(self.file, self.seen.sha256 if self.seen else None)

    def result(self) -> FileResult:
        return FileResult(
            source=self.file.table.source,
            table=self.file.table.name,
            path=self.file.name,
            row_count=self.read.row_count if self.read else 0,
            rejected_row_count=self.read.rejected_row_count if self.read else 0,
            error=self.error,
            read_as=self.read.read_as if self.read else (),
            header=self.read.header if self.read else None,
        )

    def ledger_entry(self, loaded_at: datetime) -> dict[str, Any]:
        table_name, identity = self.key
        return {
            "file_id": identity,
            "table_name": table_name,
            "source_file": self.file.name,
            "sha256": self.seen.sha256 if self.seen else None,
            "byte_count": self.seen.byte_count if self.seen else None,
            "row_count": self.read.row_count if self.read else 0,
            "error": self.error,
            "loaded_at": loaded_at,
            "may_delete": False,
        }


@dataclass(frozen=True)
class _Load:
    """One load: where it reads and writes, and its moment."""

    warehouse: duckdb.DuckDBPyConnection
    reader: duckdb.DuckDBPyConnection
    work_dir: Path
    loaded_at: datetime
    echo: Callable[[str], None]
    keep_out: KeepOut

    def take_source(
        self, source: str, tables: Sequence[RawTable], files: Sequence[LandedFile]
    ) -> list[FileResult]:
        """Loads the files of one source, as one unit, that are not loaded yet."""
        ledger.repair(self.warehouse, source)
        replaced = ledger.replaced_exports(self.warehouse, source, tables)
        known = {
            key: error
            for key, error in ledger.errors(self.warehouse, source).items()
            if key not in replaced
        }
        outcomes = [
            outcome
            for number, file in enumerate(files)
            if (outcome := self._take_file(file, known, f"{source}_{number}.parquet"))
        ]
        entries = [
            outcome.ledger_entry(self.loaded_at)
            for outcome in outcomes
            if outcome.error is None or outcome.error != known.get(outcome.key)
        ]
        incomplete = ledger.incomplete_tables(self.warehouse, source, tables)
        if entries or incomplete:
            paths = {
                table: [o.read.path for o in outcomes if o.read and o.file.table == table]
                for table in tables
            }
            self.keep_out([(o.file.table, o.read.path) for o in outcomes if o.read])
            ledger.forget(
                self.warehouse, source, [o.key for o in outcomes if o.read and o.key in replaced]
            )
            wanted = {t: of_t for t, of_t in paths.items() if of_t or t.name in incomplete}
            append(self.warehouse, self.work_dir, source, wanted, entries)
            ledger.repair(self.warehouse, source)
        return [outcome.result() for outcome in outcomes]

    def _take_file(
        self, file: LandedFile, known: Mapping[tuple[str, str], str | None], target: str
    ) -> _Outcome | None:
        """Reads a file, unless it was loaded before (null)."""
        seen: Fingerprint | None = None
        path = self.work_dir / target
        try:
            seen = fingerprint(file)
            if known.get((file.table.name, file_id(file, seen.sha256)), "not loaded") is None:
                return None
            read = read_file(self.reader, file, seen, self.loaded_at, path)
            outcome = _Outcome(file, seen, read)
        except FileError as error:
            path.unlink(missing_ok=True)
            outcome = _Outcome(file, seen, error=str(error))
        self.echo(str(outcome.result()))
        return outcome
