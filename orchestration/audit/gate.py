"""The audit of a boundary: measure its tables, judge the figures, say what to do."""

from collections.abc import Sequence
from datetime import UTC, datetime

import duckdb

from orchestration.audit.landed import measure_landed
from orchestration.audit.marts import BASELINE, Marts, measure_marts
from orchestration.audit.outcomes import AuditReport, Figure, Outcome, names
from orchestration.audit.thresholds import Boundary, Threshold, planned_checks
from orchestration.errors import FunnelError
from orchestration.releases import Manifest, current_release, current_release_id, releases
from orchestration.settings import Settings, project_vars
from orchestration.sql import identifier, literal
from orchestration.timing import timed
from orchestration.warehouse.paths import DATABASE_FILE, Warehouse
from orchestration.warehouse.work_database import Checks


class AuditError(FunnelError):
    """A critical expectation failed; nothing is published."""

    def __init__(self, report: AuditReport) -> None:
        self.report = report
        accept = " ".join(f"--accept {outcome.name}" for outcome in report.blocking)
        super().__init__(
            f"The audit of {report.boundary} stopped the build: {names(report.blocking)}. "
            "Nothing was published; the current release stays.\n"
            + "\n".join(map(str, report.blocking))
            + (f"\nData Docs: {report.data_docs}" if report.data_docs else "")
            + f"\nIf the data is right as it is, for this once: funnel build {accept}"
        )


class UnknownCheckError(FunnelError):
    """A check was accepted that there is not."""

    exit_code = 2


def audit(
    settings: Settings,
    boundary: Boundary,
    accepted: Sequence[str] = (),
) -> AuditReport:
    """Audit one boundary of the work database, which no process may have open for writing.

    Writes the result and the Data Docs under `<warehouse>/audit/<boundary>`. `accepted` names
    checks whose failure is as it should be, for this once.

    Raises:
        UnknownCheckError: `accepted` names no check.
        FunnelError: the thresholds or the work database cannot be used.
    """
    from orchestration.audit.judging import judge  # noqa: PLC0415  (pandas)

    assert_known(accepted, settings)
    warehouse = Warehouse(settings.warehouse)
    folder = warehouse.audit_dir / boundary
    folder.mkdir(parents=True, exist_ok=True)
    seconds: dict[str, float] = {}
    checks = planned_checks(boundary, settings.sources)
    with timed(seconds, "measure"):
        figures = measure(settings, boundary, checks)
    measured = list(zip(checks, figures, strict=True))
    docs_dir = folder / "data_docs"
    with timed(seconds, "judge"):
        judgement = judge(boundary, measured, docs_dir)
    index = docs_dir / "index.html"
    report = AuditReport(
        boundary,
        tuple(
            # what has no figure was not judged; what was not answered for its figure is an error
            outcome_of(row, figure, figure.value is None or judgement[row.name], accepted)
            for row, figure in measured
        ),
        seconds,
        index if index.is_file() else None,
    )
    (folder / "result.json").write_text(report.as_json() + "\n", encoding="utf-8")
    return report


def gate(report: AuditReport) -> AuditReport:
    """The report, where nothing in it blocks.

    Raises:
        AuditError: a critical expectation failed and was not accepted.
    """
    if report.blocking:
        raise AuditError(report)
    return report


def checks_of(reports: Sequence[AuditReport]) -> Checks:
    """What a release's manifest says of the audits that it passed."""
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
    """What the audits would have a person look at, as sentences."""
    return [
        f"{outcome.name} is {outcome.figure:.4g}, limit {outcome.limit}"
        f"{' (accepted)' if outcome.is_accepted else ''}"
        f"{f' ({outcome.detail})' if outcome.detail else ''}: {outcome.remedy}"
        for report in reports
        for outcome in report.warnings
    ]


def outcome_of(
    row: Threshold, figure: Figure, success: bool, accepted: Sequence[str] = ()
) -> Outcome:
    """What became of a threshold."""
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
        is_accepted=not success and row.name in accepted,
    )


def measure(
    settings: Settings,
    boundary: Boundary,
    checks: Sequence[Threshold],
) -> list[Figure]:
    """The figure of each check, by DuckDB, over the work database and the release before."""
    warehouse = Warehouse(settings.warehouse)
    if not warehouse.work_database.is_file():
        raise FunnelError(
            f"There is no work database {warehouse.work_database}. Run `funnel build` first."
        )
    with duckdb.connect() as connection:
        connection.execute(
            f"set temp_directory = {literal(str(warehouse.audit_dir / 'spill'))}; "
            f"set memory_limit = {literal(settings.memory)}; set TimeZone = 'UTC'"
        )
        work = identifier(warehouse.work_database.stem)
        try:
            connection.execute(
                f"attach {literal(str(warehouse.work_database))} as {work} (read_only); use {work}"
            )
        except duckdb.Error as error:
            raise FunnelError(
                f"The work database {warehouse.work_database} cannot be audited: {error}"
            ) from error
        if boundary == Boundary.landed:
            return measure_landed(connection, checks, settings.sources, _published_at(warehouse))
        currency = str(project_vars().get("reporting_currency", ""))
        as_of = Marts(connection, None, currency).as_of()
        baseline = find_baseline(warehouse, settings.sources, as_of)
        if baseline:
            database = warehouse.releases_dir / baseline.release_id / DATABASE_FILE
            connection.execute(f"attach {literal(str(database))} as {BASELINE} (read_only)")
        return measure_marts(Marts(connection, baseline, currency), checks)


def _published_at(warehouse: Warehouse) -> datetime | None:
    """When the release was made that readers have (UTC); what was loaded since is new."""
    current = current_release(warehouse)
    if current is None or current.manifest is None:
        return None
    return current.manifest.created_at.astimezone(UTC).replace(tzinfo=None)


def find_baseline(
    warehouse: Warehouse, sources: Sequence[str], as_of: datetime | None
) -> Manifest | None:
    """The release to compare with: the last one that readers had, of the same sources.

    A release that speaks for a later moment is none: the past was built anew.
    """
    current = current_release_id(warehouse)
    comparable = [
        release.manifest
        for release in releases(warehouse)
        if release.manifest
        and current is not None
        and release.release_id <= current
        and set(release.manifest.provenance.sources) == set(sources)
        and _is_not_after(release.manifest.provenance.as_of, as_of)
        and (warehouse.releases_dir / release.release_id / DATABASE_FILE).is_file()
    ]
    return comparable[-1] if comparable else None


def assert_known(accepted: Sequence[str], settings: Settings) -> None:
    """Refuse the name of a check that there is not.

    Raises:
        UnknownCheckError: names it, and where the names are.
    """
    if not accepted:
        return
    known = {
        check.name for boundary in Boundary for check in planned_checks(boundary, settings.sources)
    }
    unknown = [name for name in accepted if name not in known]
    if unknown:
        raise UnknownCheckError(
            f"There is no check {', '.join(unknown)}. The message of the audit names each check as "
            "--accept wants it."
        )


def _is_not_after(earlier: datetime | None, later: datetime | None) -> bool:
    return earlier is None or later is None or earlier <= later
