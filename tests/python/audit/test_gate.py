"""The gate of the build: what blocks, what readers keep, what a person is told."""

import re
import shutil
from pathlib import Path

import duckdb
import pytest
from support.toy_project import write_landing, write_project
from typer.testing import CliRunner

from orchestration.audit import Boundary, judgement
from orchestration.audit.acceptances import Acceptances
from orchestration.audit.checks import UnknownCheckError, planned_checks
from orchestration.audit.figures import Figure
from orchestration.audit.gate import AuditError, audit
from orchestration.audit.measurement import find_baseline
from orchestration.audit.outcomes import AuditReport, checks_of, outcome_of
from orchestration.build.build import BuildReport, build, publish_tested
from orchestration.build.held_warehouse import UntestedError
from orchestration.cli import app
from orchestration.releases import Provenance, current_release_id, publish, verify
from orchestration.settings import Settings, load_settings
from orchestration.warehouse.paths import Warehouse

FUTURE = "landed.files.leads.future_rows.created_at"
BROKEN = "marts.marts.mart_reconciliation.identities_broken"
FUTURE_LEADS = "lead_id,created_at,email,name\n" + "".join(
    f"L{number},2099-01-01T00:00:00Z,maria{number}@example.com,Maria Gil\n"
    for number in range(3, 8)
)
RECONCILIATION = """
select 'mql_outcomes' as identity, 'mql' as subject,
    {left}::double as left_value, 2.0::double as right_value, {left} = 2.0 as is_held
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project that was built and published once."""
    project = write_project(tmp_path_factory.mktemp("gate") / "project")
    write_landing(project / "landing")
    reconcile(project, "2.0")
    build(settings_of(project), project_dir=project, echo=lambda _: None)
    return project


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "project", symlinks=True))


def settings_of(project: Path) -> Settings:
    folders = {"landing": project / "landing", "warehouse": project / "warehouse"}
    return load_settings({"sources": "files", **folders})


def reconcile(project: Path, left: str) -> None:
    model = project / "models" / "marts" / "mart_reconciliation.sql"
    model.write_text(RECONCILIATION.format(left=left), encoding="utf-8")


def test_figure_that_was_not_answered_for_never_passes(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judgement, "judge", lambda *_: {})
    with pytest.raises(KeyError, match="landed"):
        audit(settings_of(project), Boundary.landed)


def test_landed_data_that_breaks_a_limit_stops_the_build(project: Path) -> None:
    settings = settings_of(project)
    warehouse = Warehouse(settings.warehouse)
    published = current_release_id(warehouse)
    (settings.landing / "leads" / "late.csv").write_text(FUTURE_LEADS, encoding="utf-8")

    with pytest.raises(AuditError) as error:
        build(settings, project_dir=project, echo=lambda _: None)
    message = str(error.value)
    assert error.value.exit_code == 1
    assert f"The audit of landed stopped the build: {FUTURE}" in message
    assert f"{FUTURE} (critical): 5, limit at most 0" in message
    assert "for example leads/late.csv row 1" in message
    assert "what to do (source): Correct the dates, their zone" in message
    assert f"funnel build --accept {FUTURE}" in message
    assert not re.search(r"maria|example\.com|L[3-7]", message, re.IGNORECASE)
    assert current_release_id(warehouse) == published
    with pytest.raises(UntestedError):
        publish_tested(settings)

    report = build(settings, project_dir=project, accepted=[FUTURE], echo=lambda _: None)
    assert report.manifest is not None and report.manifest.checks is not None
    assert report.manifest.checks.accepted == (FUTURE,)
    assert verify(warehouse.current).checks == report.manifest.checks
    assert [notice for notice in report.notices if notice.startswith(f"{FUTURE} is 5, limit")]


def test_what_was_accepted_holds_until_something_else_is_loaded(project: Path) -> None:
    settings = settings_of(project)
    leads = settings.landing / "leads"
    (leads / "late.csv").write_text(FUTURE_LEADS, encoding="utf-8")
    reconcile(project, "3.0")

    def built(*accepted: str) -> BuildReport:
        return build(settings, project_dir=project, accepted=accepted, echo=lambda _: None)

    with pytest.raises(AuditError, match=FUTURE):
        built()
    with pytest.raises(AuditError, match=BROKEN):
        built(FUTURE)
    # the landed tables are as they were when they were accepted, so nobody has to say it again
    assert checks_of_release(built(BROKEN)) == {FUTURE, BROKEN}
    assert checks_of_release(built()) == {FUTURE, BROKEN}
    acceptances = Acceptances(Warehouse(settings.warehouse), settings.sources)
    [of_marts] = [
        row for row in planned_checks(Boundary.marts, settings.sources) if row.name == BROKEN
    ]
    assert acceptances.hold_for(of_marts, Figure(1.0))
    assert not acceptances.hold_for(of_marts, Figure(2.0))
    (leads / "later.csv").write_text(FUTURE_LEADS.replace("L", "K"), encoding="utf-8")
    with pytest.raises(AuditError, match=FUTURE):
        built()


def checks_of_release(report: BuildReport) -> set[str]:
    assert report.manifest is not None and report.manifest.checks is not None
    return set(report.manifest.checks.accepted)


def test_marts_that_break_an_identity_are_not_published(project: Path) -> None:
    settings = settings_of(project)
    warehouse = Warehouse(settings.warehouse)
    published = current_release_id(warehouse)
    reconcile(project, "3.0")
    with pytest.raises(AuditError, match=rf"{BROKEN} \(critical\): 1, limit at most 0") as error:
        build(settings, project_dir=project, echo=lambda _: None)
    assert "mql_outcomes of mql: 3 against 2" in str(error.value)
    assert current_release_id(warehouse) == published
    with pytest.raises(UntestedError):
        publish_tested(settings)


def test_publication_after_the_build_keeps_what_the_audit_said(project: Path) -> None:
    settings = settings_of(project)
    build(settings, project_dir=project, with_publish=False, echo=lambda _: None)
    manifest = publish_tested(settings)
    assert manifest.checks is not None
    assert manifest.checks.judged > 10
    assert publish_tested(settings, force=True).checks == manifest.checks
    with duckdb.connect(str(Warehouse(settings.warehouse).work_database)) as connection:
        connection.execute("create table core.fct_more as select 1 as n")
    assert publish_tested(settings, force=True).checks is None


def test_unknown_name_is_refused_before_anything_is_done(project: Path) -> None:
    with pytest.raises(UnknownCheckError, match=r"no check landed.files.leads.speed"):
        build(
            settings_of(project),
            project_dir=project,
            accepted=["landed.files.leads.speed"],
            echo=lambda _: None,
        )


def test_command_prints_the_audit_and_its_exit_code(project: Path) -> None:
    flags = ["--warehouse", str(project / "warehouse"), "--sources", "files"]
    said = CliRunner().invoke(app, ["audit", *flags])
    assert said.exit_code == 0, said.output
    assert "Audit of landed: " in said.output
    assert "Audit of marts: " in said.output
    with duckdb.connect(str(project / "warehouse" / "build" / "warehouse.duckdb")) as connection:
        connection.execute("update marts.mart_reconciliation set is_held = false")
    assert CliRunner().invoke(app, ["audit", "--landed", *flags]).exit_code == 0
    said = CliRunner().invoke(app, ["audit", "--marts", *flags])
    assert said.exit_code == 1
    assert BROKEN in said.output
    assert "Audit of landed" not in said.output
    accepted = CliRunner().invoke(app, ["audit", "--marts", "--accept", BROKEN, *flags])
    assert accepted.exit_code == 0


def test_baseline_is_the_last_release_that_readers_had(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "warehouse")
    warehouse.build_dir.mkdir(parents=True)
    with duckdb.connect(str(warehouse.work_database)) as connection:
        connection.execute("create schema core; create table core.dim_dates as select 1 as n")

    def released(as_of: str, *sources: str) -> str:
        made = Provenance(project_version="0", sources=sources, as_of=as_of)  # type: ignore[arg-type]
        return publish(warehouse, keep=9, provenance=made).release_id

    def baseline(as_of: str, *sources: str) -> str | None:
        from datetime import datetime  # noqa: PLC0415

        found = find_baseline(warehouse, sources, datetime.fromisoformat(as_of))
        return found.release_id if found else None

    assert baseline("2025-02-01", "files") is None
    january = released("2025-01-31", "files")
    other = released("2025-01-31", "olist")
    february = released("2025-02-28", "files")
    assert baseline("2025-03-31", "files") == february
    assert baseline("2025-02-01", "files") == january
    assert baseline("2025-03-31", "olist") == other
    assert baseline("2025-03-31", "files", "olist") is None


def test_an_audit_that_judged_nothing_neither_fails_nor_shows_pages_of_another(
    tmp_path: Path,
) -> None:
    docs = tmp_path / "data_docs"
    docs.mkdir()
    (docs / "index.html").write_text("failed")
    checks = planned_checks(Boundary.landed, ["files"])
    nothing = [(check, Figure(None, "no earlier load")) for check in checks]
    assert judgement.judge(Boundary.landed, nothing, docs) == {}
    assert not docs.exists()
    outcomes = [outcome_of(check, figure, True) for check, figure in nothing]
    report = AuditReport(Boundary.landed, tuple(outcomes))
    assert not report.judged and not report.blocking and not report.warnings
    assert f"0 checks judged, 0 blocking, 0 to look at, {len(checks)} without" in str(report)
    assert checks_of([report]).not_judged == len(checks)
