"""The columns that the headers of landed files land in, and those that they nearly name."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from orchestration.ingestion import LoadReport
from orchestration.ingestion.header import Header
from orchestration.loaders import known_columns
from orchestration.source_check.findings import LandedColumn, NearName


def landed_columns(report: LoadReport, *, with_values: bool) -> tuple[LandedColumn, ...]:
    """Headers that differ from their column, or whose column is not declared, by table.

    What a loader adds to each row is not among them.

    Without `with_values` those of a file without any declared column are left out: where a file
    has no header, they are its first record.
    """
    files: dict[tuple[str, str, str, bool], list[str]] = defaultdict(list)
    for header, file in _headers(report):
        declared = header.table.column_names
        for name, column in zip(header.names, header.columns, strict=True):
            is_shown = (with_values or header.has_known_columns) and column not in known_columns()
            if is_shown and (name != column or column not in declared):
                files[header.table.name, name, column, column in declared].append(file)
    return tuple(LandedColumn(*key, len(names), names[0]) for key, names in files.items())


def near_names(report: LoadReport) -> tuple[NearName, ...]:
    """Declared columns that files lack and nearly name."""
    files: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for header, file in _headers(report):
        for column, name in header.near_names.items():
            files[header.table.name, column, name].append(file)
    return tuple(NearName(*key, len(names), names[0]) for key, names in files.items())


def files_without_header(report: LoadReport) -> Iterable[str]:
    """Files that have none of the columns of their table."""
    return [file for header, file in _headers(report) if not header.has_known_columns]


def _headers(report: LoadReport) -> Iterator[tuple[Header, str]]:
    return ((file.header, file.path) for file in report.files if file.header)
