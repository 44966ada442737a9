"""The check of a source: load its files into a scratch database, run its mappings, and look."""

import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from fnmatch import fnmatchcase
from multiprocessing import get_context
from pathlib import Path

from orchestration.build.mappings import folder_of, make_project, parse, run_mappings
from orchestration.build.personal_columns import (
    UndeclaredColumn,
    is_in_order,
    remember,
    undeclared_columns,
)
from orchestration.contract import available_sources, raw_tables
from orchestration.errors import FunnelError
from orchestration.ingestion import LoadReport, MissingTablesError, let_exports_delete, load
from orchestration.ingestion.discovery import find_files
from orchestration.settings import Settings
from orchestration.source_check.findings import Level, Problem, SourceCheck, errors_of
from orchestration.source_check.headers import files_without_header, landed_columns, near_names
from orchestration.source_check.landed import opened
from orchestration.source_check.moments import as_of
from orchestration.source_check.outcomes import file_rows, quarantines, table_rows, unread_values
from orchestration.source_check.references import lost_references
from orchestration.source_check.stages import stage_leads
from orchestration.source_check.verdict import (
    judged_files,
    judged_headers,
    judged_moment,
    judged_tables,
    judged_values,
    refused_by_audit,
)
from orchestration.source_check.words import unknown_words
from orchestration.timing import timed
from orchestration.warehouse.lock import exclusive
from orchestration.warehouse.paths import Warehouse


class UnknownSourceError(FunnelError):
    """There is no such source."""

    exit_code = 2


def check_source(
    settings: Settings,
    source: str,
    *,
    with_values: bool = True,
) -> SourceCheck:
    """Check a source on the files in the landing folder of `settings`; the warehouse is not opened.

    Without `with_values` no text of a landed row is among the findings.

    An erased person whom a file still names is counted: erasures are known in the warehouse alone.

    Raises:
        UnknownSourceError: there is no such source.
        FunnelError: there is no landing folder, or a mapping cannot be run.
    """
    if source not in available_sources():
        known = ", ".join(available_sources())
        raise UnknownSourceError(
            f"There is no source '{source}': models/staging/{source}/_{source}__sources.yml is "
            f"missing. Sources: {known}."
        )
    seconds: dict[str, float] = {}
    project = make_project(folder_of(source), source)
    with (
        _scratch(project, source) as scratch,
        # what takes seconds of one core goes on in a second process
        ProcessPoolExecutor(1, get_context("spawn")) as beside,
    ):
        within = settings.model_copy(update={"sources": (source,), "warehouse": scratch.root})
        with timed(seconds, "load, audit and parse"):
            loading = beside.submit(_load_and_audit, within)
            manifest = parse(within, project)
            report, missing, refused = loading.result()
        with timed(seconds, "map"):
            if not errors_of(refused):
                let_exports_delete(scratch.work_database, raw_tables(source))
            mappings = run_mappings(within, project, manifest)
        with timed(seconds, "audit of records"):
            following = beside.submit(_undeclared_columns, source, mappings)
            refused += tuple(refused_by_audit(within, mappings))
        database = scratch.work_database
        with (
            timed(seconds, "report"),
            opened(database, source, with_values=with_values) as landed,
        ):
            tables = landed.contract_tables
            files = file_rows(landed, report)
            columns = landed_columns(report, with_values=with_values)
            near = near_names(report)
            counted = tuple(table_rows(landed, table) for table in tables)
            quarantined = tuple(found for table in tables for found in quarantines(landed, table))
            unread = tuple(found for table in tables for found in unread_values(landed, table))
            words = tuple(found for table in tables for found in unknown_words(landed, table))
            references = tuple(
                found for table in tables for found in lost_references(landed, table)
            )
            moment = as_of(landed)
            stages = stage_leads(landed)
            undeclared = following.result()
        problems = (
            *missing,
            *(Problem(Level.error, column.what, column.fix) for column in undeclared),
            *judged_files(files, _strangers(settings.landing, source)),
            *judged_headers(near, files_without_header(report), source),
            *judged_tables(counted, quarantined, source),
            *judged_values(unread, words, references),
            *judged_moment(moment),
            *refused,
        )
    return SourceCheck(
        source=source,
        files=files,
        columns=columns,
        near_names=near,
        tables=counted,
        quarantined=quarantined,
        unread=unread,
        words=words,
        references=references,
        as_of=moment,
        stages=stages,
        problems=tuple(sorted(problems, key=lambda problem: problem.level != Level.error)),
        seconds=seconds,
    )


@contextmanager
def _scratch(project: Path, source: str) -> Iterator[Warehouse]:
    """A warehouse that is gone afterwards; its path stays the same, or dbt would parse again."""
    scratch = Warehouse(project / "warehouse")
    with exclusive(scratch, f"funnel source check {source}"):
        _empty(scratch)
        try:
            yield scratch
        finally:
            _empty(scratch)


def _empty(scratch: Warehouse) -> None:
    for path in scratch.build_dir.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path != scratch.lock_file:
            path.unlink()


def _load_and_audit(
    settings: Settings,
) -> tuple[LoadReport, tuple[Problem, ...], tuple[Problem, ...]]:
    """The load of all files of the source, required tables without a file, and failed checks."""
    try:
        report, missing = _load(settings)
        return report, missing, tuple(refused_by_audit(settings))
    except FunnelError as error:
        # one with arguments of its own does not come through to the other process
        raise FunnelError(str(error)) from None


def _load(settings: Settings) -> tuple[LoadReport, tuple[Problem, ...]]:
    database = Warehouse(settings.warehouse).work_database
    try:
        return load(settings.landing, database, settings.sources, keep_out=lambda _: None), ()
    except MissingTablesError as error:
        return error.report, (Problem(Level.error, str(error), "Land a file of it"),)


def _undeclared_columns(source: str, mappings: dict[str, str]) -> list[UndeclaredColumn]:
    if is_in_order(source):
        return []
    undeclared = undeclared_columns(source, mappings)
    if not undeclared:
        remember(source)
    return undeclared


def _strangers(landing: Path, source: str) -> list[str]:
    """Notes on files that belong to no source or were left alone, outside others' folders."""
    tables = [table for name in available_sources() for table in raw_tables(name)]
    _, notes = find_files(landing, tables)
    own, others = (
        {table.files.split("/")[0] for table in tables if (table.source == source) is is_own}
        for is_own in (True, False)
    )
    return [
        note
        for note in notes
        for folder in [re.split("[/:]", note)[0]]
        if any(fnmatchcase(folder, top) for top in own)
        or not any(fnmatchcase(folder, top) for top in others)
    ]
