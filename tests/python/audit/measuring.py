"""A warehouse to measure, as the audit opens it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.audit import Outcome, Threshold
from orchestration.audit.figures import Figure
from orchestration.audit.judgement import judge
from orchestration.audit.outcomes import outcome_of
from orchestration.warehouse.paths import Warehouse


@dataclass(frozen=True)
class Months:
    """Months that were loaded one after the other, and the figures after each."""

    warehouse: Warehouse
    checks: list[Threshold]
    figures: list[list[Figure]]


@contextmanager
def attached(
    database: Path, baseline: Path | None = None, *, read_only: bool = True
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that uses the database, with a release attached as `baseline`."""
    with duckdb.connect() as connection:
        mode = "(read_only)" if read_only else ""
        connection.execute(f"attach '{database}' as warehouse {mode}; use warehouse")
        connection.execute("set TimeZone = 'UTC'")
        if baseline:
            connection.execute(f"attach '{baseline}' as baseline (read_only)")
        yield connection


def judged(checks: Sequence[Threshold], figures: Sequence[Figure]) -> list[Outcome]:
    """What Great Expectations says of figures of one boundary."""
    measured = list(zip(checks, figures, strict=True))
    judgement = judge(checks[0].boundary, measured, None)
    return [
        outcome_of(check, figure, judgement.get(check.name, True)) for check, figure in measured
    ]
