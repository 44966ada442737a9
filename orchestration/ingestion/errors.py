"""Errors of a load, addressed to the person who must act."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.contract import RawTable
from orchestration.errors import FunnelError
from orchestration.text import printable

if TYPE_CHECKING:
    from orchestration.ingestion.report import LoadReport


class LoadError(FunnelError):
    """The load as a whole could not be completed."""


class LandingNotFoundError(LoadError):
    """There is no landing folder where one was expected."""

    def __init__(self, landing: Path) -> None:
        super().__init__(
            f"There is no landing folder '{landing}'. Create it and put files there, name another "
            "one with --landing, or make a demo company with 'funnel simulate'."
        )


class MissingTablesError(LoadError):
    """Required raw tables for which no file was ever loaded; everything else was."""

    def __init__(self, landing: Path, tables: Sequence[RawTable], report: "LoadReport") -> None:
        self.report = report
        refused = [result for result in report.refused if result.table in {t.name for t in tables}]
        places = ", ".join(
            f"{table.name} (expected at '{landing / table.files}')" for table in tables
        )
        super().__init__(
            f"No file was ever loaded for the required table(s) {places}."
            + (f" {len(refused)} file(s) were refused, see above." if refused else "")
            + " Put CSV, Excel, Parquet or JSON files there, or make a demo company with"
            " 'funnel simulate'."
        )


class FileError(Exception):
    """Refusal of one file: reason, place and remedy; the other files still load.

    `line` and `column` count from 1; `column` is in bytes.
    """

    def __init__(
        self, what: str, remedy: str, line: int | None = None, column: int | None = None
    ) -> None:
        self.line = line
        self.column = column
        places = [("line", line), ("column", column)]
        where = ", ".join(f"{name} {number}" for name, number in places if number is not None)
        super().__init__(printable(f"{where + ': ' if where else ''}{what}. {remedy}."))


def unreadable(error: OSError) -> FileError:
    """Refusal of a file that the operating system does not let us read."""
    return FileError(
        f"the file cannot be read ({error.strerror or error})",
        "Check that it is there and that this user may read it",
    )
