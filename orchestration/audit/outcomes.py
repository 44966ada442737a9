"""Findings of an audit: in words, as JSON, and counted for a release's manifest."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from orchestration.audit.figures import Figure
from orchestration.audit.thresholds import Boundary, Severity, Threshold
from orchestration.warehouse.work_database import Checks


@dataclass(frozen=True)
class Outcome:
    """The judgement of one expectation. One without a figure was not judged, and is a success.

    `is_accepted`: it failed, and somebody said that this is as it should be for what is loaded.
    """

    boundary: Boundary
    table: str
    expectation: str
    column: str | None
    name: str
    severity: Severity
    success: bool
    figure: float | None
    limit: str
    detail: str
    sample_keys: tuple[str, ...]
    reason: str
    remedy: str
    owner: str
    is_accepted: bool = False

    @property
    def is_judged(self) -> bool:
        """True if there is a figure to judge."""
        return self.figure is not None

    @property
    def blocks(self) -> bool:
        """True if it stops the publication."""
        return not self.success and self.severity == Severity.critical and not self.is_accepted

    @property
    def warns(self) -> bool:
        """True if a person should look at it although it does not block."""
        return not self.success and not self.blocks

    def __str__(self) -> str:
        """Several lines: the expectation, the figure and its limit, sample keys, what to do."""
        accepted = ", accepted" if self.is_accepted else ""
        figure = "not judged" if self.figure is None else f"{self.figure:.4g}"
        lines = [f"{self.name} ({self.severity}{accepted}): {figure}, limit {self.limit}"]
        if self.detail:
            lines.append(f"  {self.detail}")
        if self.sample_keys:
            lines.append(f"  for example {'; '.join(self.sample_keys)}")
        if not self.success:
            lines += [f"  why: {self.reason}", f"  what to do ({self.owner}): {self.remedy}"]
        return "\n".join(lines)


@dataclass(frozen=True)
class AuditReport:
    """All outcomes of an audit of one boundary; `seconds` by step, `data_docs` the page to open."""

    boundary: Boundary
    outcomes: tuple[Outcome, ...]
    seconds: dict[str, float] = field(default_factory=dict)
    data_docs: Path | None = None

    @property
    def judged(self) -> tuple[Outcome, ...]:
        """The expectations that had a figure."""
        return tuple(outcome for outcome in self.outcomes if outcome.is_judged)

    @property
    def blocking(self) -> tuple[Outcome, ...]:
        """Failed critical expectations that nobody accepted."""
        return tuple(outcome for outcome in self.outcomes if outcome.blocks)

    @property
    def warnings(self) -> tuple[Outcome, ...]:
        """Failed warnings, and accepted failures."""
        return tuple(outcome for outcome in self.outcomes if outcome.warns)

    def __str__(self) -> str:
        """A line of counts, then every failure in full."""
        unjudged = len(self.outcomes) - len(self.judged)
        head = (
            f"Audit of {self.boundary}: {len(self.judged)} checks judged, "
            f"{len(self.blocking)} blocking, {len(self.warnings)} to look at"
            f"{f', {unjudged} without enough rows or history to judge' if unjudged else ''}."
        )
        return "\n".join([head, *map(str, (*self.blocking, *self.warnings))])

    def as_json(self) -> str:
        """Everything, for whoever reads it by machine."""
        record: dict[str, Any] = asdict(self) | {
            "data_docs": str(self.data_docs) if self.data_docs else None
        }
        return json.dumps(record, indent=2)


def names(outcomes: Sequence[Outcome]) -> str:
    """The names of checks, for a sentence."""
    return ", ".join(outcome.name for outcome in outcomes)


def outcome_of(
    row: Threshold, figure: Figure, success: bool, *, is_accepted: bool = False
) -> Outcome:
    """The outcome of a threshold that was judged so."""
    return Outcome(
        boundary=row.boundary,
        table=row.table,
        expectation=row.expectation,
        column=row.column,
        name=row.name,
        severity=row.severity,
        success=success,
        figure=figure.value,
        limit=row.limit,
        detail=figure.detail,
        sample_keys=figure.samples,
        reason=row.reason,
        remedy=row.remedy,
        owner=row.owner,
        is_accepted=is_accepted,
    )


def checks_of(reports: Sequence[AuditReport]) -> Checks:
    """Summary of the audits for the release's manifest."""
    outcomes = [outcome for report in reports for outcome in report.outcomes]
    return Checks(
        judged=sum(outcome.is_judged for outcome in outcomes),
        not_judged=sum(not outcome.is_judged for outcome in outcomes),
        warnings=tuple(
            outcome.name for outcome in outcomes if outcome.warns and not outcome.is_accepted
        ),
        accepted=tuple(outcome.name for outcome in outcomes if outcome.is_accepted),
    )


def warning_notices(reports: Sequence[AuditReport]) -> list[str]:
    """Warnings of the audits, as sentences."""
    return [
        f"{outcome.name} is {outcome.figure:.4g}, limit {outcome.limit}"
        f"{' (accepted)' if outcome.is_accepted else ''}"
        f"{f' ({outcome.detail})' if outcome.detail else ''}: {outcome.remedy}"
        for report in reports
        for outcome in report.warnings
    ]
