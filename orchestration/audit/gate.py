"""The audit of a boundary: measure its tables, judge the figures, say what to do."""

from collections.abc import Sequence

from orchestration.audit.acceptances import Acceptances
from orchestration.audit.checks import assert_known, planned_checks
from orchestration.audit.measurement import measure
from orchestration.audit.outcomes import AuditReport, names, outcome_of
from orchestration.audit.thresholds import Boundary
from orchestration.errors import FunnelError
from orchestration.mapping_sql import Mappings
from orchestration.settings import Settings
from orchestration.timing import timed
from orchestration.warehouse.paths import Warehouse


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
            + "\nIf the data is right as it is, accept it until something else is loaded: "
            f"funnel build {accept}"
        )


def audit(
    settings: Settings,
    boundary: Boundary,
    accepted: Sequence[str] = (),
    mappings: Mappings = lambda _: {},
) -> AuditReport:
    """Audit one boundary of the work database, which no process may have open for writing.

    Writes the result and the Data Docs under `<warehouse>/audit/<boundary>`. `accepted` names
    checks whose failure is as it should be; the warehouse remembers them until something else is
    loaded. `mappings` gives the compiled mappings of a source; without, they are not judged.

    Raises:
        UnknownCheckError: `accepted` names no check.
        FunnelError: the thresholds or the work database cannot be used.
    """
    from orchestration.audit.judgement import judge  # noqa: PLC0415  (pandas)

    assert_known(accepted, settings.sources)
    warehouse = Warehouse(settings.warehouse)
    folder = warehouse.audit_dir / boundary
    folder.mkdir(parents=True, exist_ok=True)
    seconds: dict[str, float] = {}
    checks = planned_checks(boundary, settings.sources)
    with timed(seconds, "measure"):
        figures = measure(settings, boundary, checks, mappings)
    measured = list(zip(checks, figures, strict=True))
    docs_dir = folder / "data_docs"
    with timed(seconds, "judge"):
        judgement = judge(boundary, measured, docs_dir)
    index = docs_dir / "index.html"
    acceptances = Acceptances(warehouse, settings.sources)
    outcomes = []
    for row, figure in measured:
        # what has no figure was not judged; what was not answered for its figure is an error
        is_met = figure.value is None or judgement[row.name]
        if not is_met and row.name in accepted:
            acceptances.remember(row, figure)
        is_accepted = not is_met and acceptances.hold_for(row, figure)
        outcomes.append(outcome_of(row, figure, is_met, is_accepted=is_accepted))
    report = AuditReport(
        boundary,
        tuple(outcomes),
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
