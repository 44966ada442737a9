"""Findings of a check of a source."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Level(StrEnum):
    """Severity of a problem; by an error a build refuses something or loses rows."""

    warning = "warning"
    error = "error"


@dataclass(frozen=True)
class Problem:
    """One thing to correct: what is wrong, where, and what to do."""

    level: Level
    what: str
    fix: str


@dataclass(frozen=True)
class Sample:
    """A landed row, by its file and row number, with its text as it was landed, if asked for."""

    file: str
    row: int
    text: str | None

    def __str__(self) -> str:
        return f"{self.file} row {self.row}"


@dataclass(frozen=True)
class FileRows:
    """A landed file: `unreadable` rows are no records, `unused` ones reach no contract table."""

    file: str
    table: str
    rows: int
    unreadable: int
    unused: int
    unused_samples: tuple[Sample, ...]
    error: str | None
    read_as: tuple[str, ...]


@dataclass(frozen=True)
class LandedColumn:
    """A header that is not the name of its column, or whose column the source does not declare.

    `files` files have it, the first of which is `file`.
    """

    table: str
    header: str
    column: str
    is_declared: bool
    files: int
    file: str


@dataclass(frozen=True)
class NearName:
    """A declared column that files lack which have a header that is nearly its name."""

    table: str
    column: str
    header: str
    files: int
    file: str


@dataclass(frozen=True)
class TableRows:
    """The records that the mapping of a contract table gives, and what becomes of them.

    `never_read` are required columns without a value in any of them.
    """

    table: str
    rows: int
    staged: int
    superseded: int
    deleted: int
    quarantined: int
    never_read: tuple[str, ...]


@dataclass(frozen=True)
class Quarantine:
    """Records of a contract table that are quarantined for one reason."""

    table: str
    reason: str
    rows: int
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class UnreadValues:
    """Values of an optional column that could not be read and became null."""

    table: str
    column: str
    rows: int
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class Word:
    """A word as it is staged, and the rows that have it."""

    word: str
    rows: int


@dataclass(frozen=True)
class UnknownWords:
    """Words of a column that no rule explains; the most frequent are in `words`.

    `effect` is what happens to their rows, `fix` the remedy.
    """

    table: str
    column: str
    rows: int
    word_count: int
    words: tuple[Word, ...]
    level: Level
    effect: str
    fix: str


@dataclass(frozen=True)
class LostReference:
    """Staged records whose column names no record of another table; `of_rows` name any."""

    table: str
    column: str
    refers_to: str
    rows: int
    of_rows: int
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class AsOf:
    """The latest moment that the data speaks for (UTC), and the row that sets it.

    `days_before` is the longest gap among the last few moments; None where there are too few.
    """

    moment: datetime
    table: str
    column: str
    sample: Sample
    days_before: float | None


@dataclass(frozen=True)
class StageLeads:
    """Leads that ever reached a stage, by evidence of the stage itself, and of it or a later one.

    Both are None where nothing in the source speaks of the stage: it is not recorded.
    """

    stage: str
    leads: int | None
    leads_at_least: int | None

    @property
    def is_recorded(self) -> bool:
        """True if some lead has evidence of it."""
        return self.leads is not None


@dataclass(frozen=True)
class SourceCheck:
    """All findings about a source."""

    source: str
    files: tuple[FileRows, ...]
    columns: tuple[LandedColumn, ...]
    near_names: tuple[NearName, ...]
    tables: tuple[TableRows, ...]
    quarantined: tuple[Quarantine, ...]
    unread: tuple[UnreadValues, ...]
    words: tuple[UnknownWords, ...]
    references: tuple[LostReference, ...]
    as_of: AsOf | None
    stages: tuple[StageLeads, ...]
    problems: tuple[Problem, ...]
    seconds: dict[str, float]

    def is_fine(self, *, strict: bool = False) -> bool:
        """True if no problem is an error; `strict` counts a warning as one."""
        return not errors_of(self.problems, strict=strict)


def errors_of(problems: Sequence[Problem], *, strict: bool = False) -> list[Problem]:
    """The problems that are errors; with `strict`, all of them."""
    return [problem for problem in problems if strict or problem.level == Level.error]
