"""Result of a load, file by file."""

from dataclasses import dataclass

from orchestration.ingestion.header import Header
from orchestration.text import printable


@dataclass(frozen=True)
class FileResult:
    """One landed file that was loaded or refused (`error`) by this load.

    `rejected_row_count` are the rows, among `row_count`, that could not be read as a record; they
    are in the raw table with `_load_error` and `_raw_text`. `read_as` says how the file is written
    (encoding, delimiter, line ends), unless that is usual. `header` is None where it is refused.
    """

    source: str
    table: str
    path: str
    row_count: int = 0
    rejected_row_count: int = 0
    error: str | None = None
    read_as: tuple[str, ...] = ()
    header: Header | None = None

    def __str__(self) -> str:
        path = printable(self.path)
        if self.error is not None:
            return f"REFUSED {path}: {self.error}"
        rejected = f", {self.rejected_row_count:,} unreadable" if self.rejected_row_count else ""
        found = f". Read as {', '.join(self.read_as)}." if self.read_as else ""
        return f"{path}  {self.row_count:,} rows{rejected}{found}"


@dataclass(frozen=True)
class LoadReport:
    """All files of one load; `skipped_count` files had been loaded before."""

    files: tuple[FileResult, ...]
    skipped_count: int
    notes: tuple[str, ...]

    @property
    def loaded(self) -> tuple[FileResult, ...]:
        """The files whose rows are now in the raw tables."""
        return tuple(result for result in self.files if result.error is None)

    @property
    def refused(self) -> tuple[FileResult, ...]:
        """The files that could not be read."""
        return tuple(result for result in self.files if result.error is not None)

    @property
    def row_count(self) -> int:
        """Rows that were landed, rejected ones included."""
        return sum(result.row_count for result in self.files)

    @property
    def rejected_row_count(self) -> int:
        """Rows that could not be read as a record."""
        return sum(result.rejected_row_count for result in self.files)
