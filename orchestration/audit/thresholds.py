"""The limits of the audit: what a row of `thresholds.yml` says."""

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

EVERY = "*"


class Boundary(StrEnum):
    """Place of the audit: after the load, or before the publication."""

    landed = "landed"
    marts = "marts"


class Severity(StrEnum):
    """A critical failure blocks; a warning is shown to whoever acts on it."""

    critical = "critical"
    warning = "warning"


def is_mapping(table: str) -> bool:
    """True if the table of a check is the model of a mapping: the records that it makes."""
    return table != EVERY and "." not in table


class Threshold(BaseModel):
    """One expectation of one table: the limits of a figure, both inclusive.

    `table` is `<source>.<raw table>`, the model of a mapping or `<schema>.<table>`; `*` is every
    raw table, or all published tables together. `load` leaves the row to raw tables of that kind of
    load. `column` `*` is the worst of the columns. `min_rows` rows must stand behind the figure, on
    both sides of a comparison, or it is not judged.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    boundary: Boundary
    table: str
    expectation: str
    load: str | None = None
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
        """Name of the check, as `--accept` takes it."""
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
        """True if a figure is within the limits."""
        return (self.minimum is None or figure >= self.minimum) and (
            self.maximum is None or figure <= self.maximum
        )
