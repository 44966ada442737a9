"""The checks that an audit makes: rows of `thresholds.yml`, each of a known expectation."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import yaml
from pydantic import ValidationError

from orchestration.audit.landed_figures import LANDED_FIGURES
from orchestration.audit.mart_figures import MART_FIGURES
from orchestration.audit.thresholds import EVERY, Boundary, Threshold
from orchestration.contract import filled_tables, mapping_model, raw_tables
from orchestration.errors import FunnelError

CONTRACT = "files"
"""The source whose raw tables are the contract's."""
THRESHOLDS_FILE = Path(__file__).with_name("thresholds.yml")

EXPECTATIONS: Mapping[Boundary, Collection[str]] = {
    Boundary.landed: LANDED_FIGURES.keys(),
    Boundary.marts: MART_FIGURES.keys(),
}
"""Names of the expectations of a boundary; each has a figure."""


class ThresholdsError(FunnelError):
    """`thresholds.yml` cannot be used."""


class UnknownCheckError(FunnelError):
    """A check was accepted that there is not."""

    exit_code = 2


def read_thresholds(path: Path = THRESHOLDS_FILE) -> list[Threshold]:
    """The rows of a thresholds file.

    Raises:
        ThresholdsError: a row cannot be used, names no known expectation, or stands there twice.
    """
    thresholds: list[Threshold] = []
    for number, row in enumerate(yaml.safe_load(path.read_text(encoding="utf-8")), start=1):
        try:
            threshold = Threshold(**row)
        except (TypeError, ValidationError) as error:
            raise ThresholdsError(f"{path}, row {number}: {error}") from error
        known = EXPECTATIONS[threshold.boundary]
        if threshold.expectation not in known:
            raise ThresholdsError(
                f"{path}, row {number}: there is no expectation '{threshold.expectation}' of "
                f"{threshold.boundary} tables; there are {', '.join(sorted(known))}."
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

    A row for every landed table becomes one per raw table of the sources that are on (of the kind
    of load that it names, if any); a row for one table replaces it there. A row for a table of the
    contract holds for what the mappings of other sources make of it, too.
    """
    rows = list(read_thresholds() if thresholds is None else thresholds)
    rows = [row for row in rows if row.boundary == boundary]
    if boundary == Boundary.marts:
        return rows
    loads = {
        f"{source}.{table.name}": table.load for source in sources for table in raw_tables(source)
    }
    tables = list(loads)
    own = {(row.table, row.expectation, row.column) for row in rows}
    planned = [
        row.model_copy(update={"table": table})
        for table in tables
        for row in rows
        if row.load in (None, loads[table])
        and (
            row.table == table
            or (row.table == EVERY and (table, row.expectation, row.column) not in own)
        )
    ]
    return [
        *sorted(planned, key=lambda row: tables.index(row.table)),
        *(
            row.model_copy(update={"table": mapping_model(source, table)})
            for source in sources
            if source != CONTRACT
            for table in filled_tables(source)
            for row in rows
            if row.table == f"{CONTRACT}.{table}"
        ),
    ]


def assert_known(accepted: Sequence[str], sources: Sequence[str]) -> None:
    """Refuse the name of a check that there is not.

    Raises:
        UnknownCheckError: names it, and where the names are.
    """
    if not accepted:
        return
    known = {check.name for boundary in Boundary for check in planned_checks(boundary, sources)}
    unknown = [name for name in accepted if name not in known]
    if unknown:
        raise UnknownCheckError(
            f"There is no check {', '.join(unknown)}. The message of the audit names each check as "
            "--accept wants it."
        )


def _assert_distinct(thresholds: Sequence[Threshold], path: Path) -> None:
    seen: set[str] = set()
    for threshold in thresholds:
        if threshold.name in seen:
            raise ThresholdsError(f"{path}: {threshold.name} stands there twice; keep one row.")
        seen.add(threshold.name)
