"""The limits of the audit: rows of `thresholds.yml`, each with its reason and remedy."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from orchestration.contract import raw_tables
from orchestration.errors import FunnelError

THRESHOLDS_FILE = Path(__file__).with_name("thresholds.yml")
EVERY = "*"


class ThresholdsError(FunnelError):
    """`thresholds.yml` cannot be used."""


class Boundary(StrEnum):
    """Where the audit stands: after the load, or before the publication."""

    landed = "landed"
    marts = "marts"


class Severity(StrEnum):
    """A critical failure blocks; a warning is shown to whoever acts on it."""

    critical = "critical"
    warning = "warning"


class Threshold(BaseModel):
    """One expectation of one table: the limits of a figure, both inclusive.

    `table` is `<source>.<raw table>` or `<schema>.<table>`; `*` is every raw table, or all
    published tables together. `column` `*` is the worst of the columns. `min_rows` rows must stand
    behind the figure, on both sides of a comparison, or it is not judged.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    boundary: Boundary
    table: str
    expectation: str
    column: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    min_rows: int = 0
    reference: str | None = None
    severity: Severity
    reason: str
    remedy: str
    owner: str

    @model_validator(mode="after")
    def _has_a_limit(self) -> Self:
        if self.minimum is None and self.maximum is None:
            raise ValueError("give a minimum, a maximum or both")
        return self

    @property
    def name(self) -> str:
        """What a person calls the check, as in `--accept`."""
        column = "" if self.column in (None, EVERY) else f".{self.column}"
        return f"{self.boundary}.{self.table}.{self.expectation}{column}"

    @property
    def limit(self) -> str:
        """The limits in words."""
        if self.minimum is None:
            return f"at most {self.maximum:g}"
        if self.maximum is None:
            return f"at least {self.minimum:g}"
        return f"{self.minimum:g} to {self.maximum:g}"

    def allows(self, figure: float) -> bool:
        """Whether a figure is within the limits."""
        return (self.minimum is None or figure >= self.minimum) and (
            self.maximum is None or figure <= self.maximum
        )


def read_thresholds(path: Path = THRESHOLDS_FILE) -> list[Threshold]:
    """The rows of a thresholds file.

    Raises:
        ThresholdsError: a row cannot be used, names no known expectation, or stands there twice.
    """
    # the figures import the row type from here
    from orchestration.audit.landed import LANDED_FIGURES  # noqa: PLC0415
    from orchestration.audit.marts import MART_FIGURES  # noqa: PLC0415

    known = {Boundary.landed: LANDED_FIGURES.keys(), Boundary.marts: MART_FIGURES.keys()}
    thresholds: list[Threshold] = []
    for number, row in enumerate(yaml.safe_load(path.read_text(encoding="utf-8")), start=1):
        try:
            threshold = Threshold(**row)
        except (TypeError, ValidationError) as error:
            raise ThresholdsError(f"{path}, row {number}: {error}") from error
        if threshold.expectation not in known[threshold.boundary]:
            raise ThresholdsError(
                f"{path}, row {number}: there is no expectation '{threshold.expectation}' of "
                f"{threshold.boundary} tables; there are "
                f"{', '.join(sorted(known[threshold.boundary]))}."
            )
        thresholds.append(threshold)
    _assert_distinct(thresholds, path)
    return thresholds


def planned_checks(
    boundary: Boundary,
    sources: Sequence[str],
    thresholds: Iterable[Threshold] | None = None,
) -> list[Threshold]:
    """The checks that an audit of the boundary makes, known without a database.

    A row for every landed table becomes one per raw table of the sources that are on; a row for
    one table replaces it there.
    """
    rows = list(read_thresholds() if thresholds is None else thresholds)
    rows = [row for row in rows if row.boundary == boundary]
    if boundary == Boundary.marts:
        return rows
    tables = [f"{source}.{table.name}" for source in sources for table in raw_tables(source)]
    own = {(row.table, row.expectation, row.column) for row in rows}
    planned = [
        row.model_copy(update={"table": table})
        for table in tables
        for row in rows
        if row.table == table
        or (row.table == EVERY and (table, row.expectation, row.column) not in own)
    ]
    return sorted(planned, key=lambda row: tables.index(row.table))


def _assert_distinct(thresholds: Sequence[Threshold], path: Path) -> None:
    seen: set[str] = set()
    for threshold in thresholds:
        if threshold.name in seen:
            raise ThresholdsError(f"{path}: {threshold.name} stands there twice; keep one row.")
        seen.add(threshold.name)
