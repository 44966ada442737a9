"""The verdict on a source: what a build would refuse or lose, and what to look at."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from orchestration.audit import Boundary, Severity, planned_checks, read_thresholds
from orchestration.audit.measurement import measure
from orchestration.audit.thresholds import is_mapping
from orchestration.settings import Settings
from orchestration.source_check.findings import (
    AsOf,
    FileRows,
    Level,
    LostReference,
    NearName,
    Problem,
    Quarantine,
    Sample,
    TableRows,
    UnknownWords,
    UnreadValues,
)

LONGEST_GAP_DAYS = 30
"""Rows that lie further behind all others are more likely slips than the newest data."""

REMEDIES = (
    ("has the same key", "Export each record once, or map a key that tells the rows apart"),
    ("is missing", "Map the column to one that has values, or correct the rows"),
    ("is not one of", "Translate the words in the yml of the source, or correct the rows"),
    ("is not a", "Declare the format in the yml of the source, or correct the rows"),
    ("", "Correct the rows, and land the file again"),
)
"""Remedies by a part of the reason for a quarantine; the first that fits."""


def judged_files(files: Sequence[FileRows], notes: Sequence[str]) -> Iterator[Problem]:
    """Files that were refused or left alone, and rows that are no records or that nothing uses."""
    for file in files:
        if file.error is not None:
            yield _error(f"{file.file} is refused: {file.error}", "Correct it as it says")
        if file.unused:
            yield _error(
                f"{file.unused:,} of {file.rows:,} rows of {file.file} ({file.table}) reach no "
                f"table of the contract{_for_example(file.unused_samples)}.",
                "Map them in a model stg_<source>__<table>, or declare on the raw table why not: "
                "`left_out: [{reason: ..., when: ...}]`, or `role: lookup`",
            )
        if file.unreadable:
            problem = _error if _is_too_much(file.unreadable, file.rows) else _warning
            yield problem(
                f"{file.unreadable:,} of {file.rows:,} rows of {file.file} are no records.",
                "Correct them in the file: a quote that is not closed, a field too many",
            )
    for note in notes:
        yield _warning(note, "Name the file as `files` of its table says, or take it away")


def judged_headers(
    near: Sequence[NearName], without_header: Iterable[str], source: str
) -> Iterator[Problem]:
    """Columns that a file nearly names, and files that have none of the columns of their table."""
    yml = f"models/staging/{source}/_{source}__sources.yml"
    for found in near:
        more = f" and {found.files - 1:,} more file(s)" if found.files > 1 else ""
        yield _warning(
            f"Column '{found.column}' of {found.table} is missing in {found.file}{more}, where "
            f"there is '{found.header}'.",
            f"Add `aliases: [{found.header}]` to the meta of the column in {yml}, or rename it in "
            "the file, if that is meant",
        )
    for file in without_header:
        yield _warning(
            f"{file} has none of the columns of its table.",
            f"Put the column names into its first line, or declare them as `aliases` in {yml}",
        )


def judged_tables(
    tables: Sequence[TableRows], quarantined: Sequence[Quarantine], source: str
) -> Iterator[Problem]:
    """Records that are quarantined, and required columns without any value."""
    for table in tables:
        for column in table.never_read:
            yield _error(
                f"Required column {column} of {table.table} has no value in any of "
                f"{table.rows:,} rows, so all of them are quarantined.",
                f"Map it in models/staging/{source}/stg_{source}__{table.table}.sql to a column "
                "that has it, and declare the format in which it is written",
            )
        if table.quarantined and not table.never_read:
            reasons = [reason for reason in quarantined if reason.table == table.table]
            problem = _error if _is_too_much(table.quarantined, table.rows) else _warning
            yield problem(
                f"{table.quarantined:,} of {table.rows:,} rows of {table.table} are quarantined, "
                f"most because {reasons[0].reason}{_for_example(reasons[0].samples)}.",
                _remedy(reasons[0].reason),
            )


def judged_values(
    unread: Sequence[UnreadValues],
    words: Sequence[UnknownWords],
    references: Sequence[LostReference],
) -> Iterator[Problem]:
    """Values that became null, words that nothing explains, and references that find nothing."""
    for values in unread:
        yield _warning(
            f"{values.table}.{values.column} cannot be read in {values.rows:,} row(s) and is null "
            f"there{_for_example(values.samples)}.",
            "Declare its format in the yml of the source, or correct the rows",
        )
    for unknown in words:
        yield Problem(
            unknown.level,
            f"No rule explains {unknown.word_count:,} word(s) of {unknown.table}.{unknown.column} "
            f"({unknown.rows:,} row(s)): {unknown.effect}.",
            unknown.fix,
        )
    for lost in references:
        yield _warning(
            f"{lost.rows:,} of {lost.of_rows:,} {lost.column} of {lost.table} name no record of "
            f"{lost.refers_to}{_for_example(lost.samples)}.",
            f"Land the {lost.refers_to} that are missing, or map {lost.column} to their ids",
        )


def judged_moment(moment: AsOf | None) -> Iterator[Problem]:
    """A latest moment that lies far behind all others."""
    if moment and moment.days_before and moment.days_before > LONGEST_GAP_DAYS:
        yield _warning(
            f"as_of is {moment.moment:%Y-%m-%d %H:%M} UTC by {moment.table}.{moment.column} of "
            f"{moment.sample}; all but a few rows are {moment.days_before:,.0f} days older.",
            "Correct the date if it is a slip: every lead would count as followed until then",
        )


def refused_by_audit(
    settings: Settings, mappings: Mapping[str, str] | None = None
) -> Iterator[Problem]:
    """Checks of the audit of landed tables that would stop a first build.

    They are those of the raw tables, or of what the compiled `mappings` of the source make of them.
    """
    checks = [
        check
        for check in planned_checks(Boundary.landed, settings.sources)
        if is_mapping(check.table) is (mappings is not None)
    ]
    figures = measure(settings, Boundary.landed, checks, lambda _: mappings or {})
    for check, figure in zip(checks, figures, strict=True):
        if figure.value is None or check.allows(figure.value):
            continue
        blocks = check.severity == Severity.critical
        detail = f" ({figure.detail})" if figure.detail else ""
        example = f", for example {figure.samples[0]}" if figure.samples else ""
        yield (_error if blocks else _warning)(
            f"{check.name} is {figure.value:.4g}, limit {check.limit}{detail}{example}. "
            f"{check.reason}",
            check.remedy.removesuffix("."),
        )


def _is_too_much(lost: int, rows: int) -> bool:
    """True if the audit of a build stops at so many lost rows, or nothing is left."""
    limit = next(row for row in read_thresholds() if row.expectation == "quarantined_share")
    return lost == rows or (rows >= limit.min_rows and not limit.allows(lost / rows))


def _remedy(reason: str) -> str:
    return next(remedy for part, remedy in REMEDIES if part in reason)


def _for_example(samples: Sequence[Sample]) -> str:
    return f" (for example {samples[0]})" if samples else ""


def _error(what: str, fix: str) -> Problem:
    return Problem(Level.error, what, fix)


def _warning(what: str, fix: str) -> Problem:
    return Problem(Level.warning, what, fix)
