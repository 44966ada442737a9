"""The build: load, transform and test, then publish, by one process at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.audit import AuditReport, Boundary
from orchestration.audit.checks import assert_known
from orchestration.audit.gate import audit, gate
from orchestration.audit.outcomes import checks_of, warning_notices
from orchestration.build.dbt import Progress, parsed_meanwhile, transform
from orchestration.build.held_warehouse import HeldWarehouse, hold
from orchestration.build.mappings import compiled_for
from orchestration.build.notices import build_notices, erasure_notices, load_notices, zone_notices
from orchestration.contract import PROJECT_DIR
from orchestration.extraction import is_extracted
from orchestration.releases import Manifest
from orchestration.settings import Settings, project_vars, source_time_zones
from orchestration.timing import timed
from orchestration.warehouse.work_database import certify

if TYPE_CHECKING:
    from orchestration.ingestion import LoadReport


@dataclass(frozen=True)
class BuildReport:
    """Result of a build, with seconds by step; `manifest` is None if it did not publish."""

    manifest: Manifest | None
    seconds: dict[str, float]
    notices: list[str]


def build(
    settings: Settings,
    *,
    project_dir: Path = PROJECT_DIR,
    full_refresh: bool = False,
    with_publish: bool = True,
    accepted: Sequence[str] = (),
    make_current: bool = True,
    verbose: bool = False,
    echo: Callable[[str], None] = print,
    progress: Progress = lambda *_: None,
    command: str = "funnel build",
    prepare: Callable[[HeldWarehouse], None] | None = None,
    with_extraction: bool = False,
    with_search: bool = True,
) -> BuildReport:
    """Load what is new, audit it, run every model and test, audit the marts, and publish them.

    `accepted` names checks of the audit whose failure is as it should be, until something else is
    loaded.

    Without `make_current` the release is put beside the others, and readers keep theirs.

    `command` is what another process is told that holds the lock; `prepare` runs first under it.

    `with_extraction` pulls first what lies elsewhere; else what has landed is built.

    Without `with_search` requests for erasure that this build answers stay open for the caller's.

    Raises:
        FunnelError: the lock is held, a source cannot be pulled, a required input is missing, the
            audit stopped the build, a model or test failed, or the copy could not be made. The
            current release stays as it is.
    """
    seconds: dict[str, float] = {}
    audits: list[AuditReport] = []

    def pass_gate(boundary: Boundary) -> None:
        echo(f"Auditing the {boundary} tables")
        with timed(seconds, f"audit {boundary}"):
            report = audit(settings, boundary, accepted=accepted, mappings=compiled_for(settings))
        audits.append(gate(report))

    assert_known(accepted, settings.sources)
    with hold(settings.warehouse, command) as warehouse:
        if prepare:
            prepare(warehouse)
        if with_extraction and is_extracted(settings):
            with timed(seconds, "extract"):
                warehouse.extract(settings, echo)
        echo(f"Loading {', '.join(settings.sources)} from {settings.landing}")
        with parsed_meanwhile(settings, project_dir):
            with timed(seconds, "load"):
                loaded = warehouse.load(settings, echo)
            pass_gate(Boundary.landed)
            warehouse.let_exports_delete(settings)
        echo("Building and testing the models")
        with timed(seconds, "build"):
            lost = warehouse.record_previous_release(
                settings, project_dir, with_release=make_current
            )
            transform(
                settings,
                project_dir=project_dir,
                full_refresh=full_refresh,
                verbose=verbose,
                progress=progress,
            )
        pass_gate(Boundary.marts)
        certify(warehouse, checks_of(audits))
        manifest = None
        if with_publish:
            echo("Publishing")
            with timed(seconds, "publish"):
                manifest = warehouse.publish(settings, project_dir, make_current=make_current)
        found = warehouse.close_erasures(settings) if manifest and with_search else []
        notices = [
            *load_notices(loaded),
            *([lost] if lost else []),
            *zone_notices(
                source_time_zones(settings.sources, settings.formats),
                project_vars(project_dir).get("reporting_time_zone"),
            ),
            *build_notices(warehouse.work_database),
            *warning_notices(audits),
            *erasure_notices(found),
        ]
        return BuildReport(manifest, seconds, notices)


def extract_only(
    settings: Settings,
    sources: Sequence[str] | None = None,
    *,
    echo: Callable[[str], None] = print,
) -> None:
    """Pull what lies elsewhere into the landing folder, and stop there.

    Raises:
        FunnelError: the lock is held, or a source cannot be pulled.
    """
    with hold(settings.warehouse, "funnel extract") as warehouse:
        warehouse.extract(settings, echo, sources)


def load_only(settings: Settings, *, echo: Callable[[str], None] = print) -> "LoadReport":
    """Load what is new into the work database, and stop there.

    Raises:
        FunnelError: the lock is held, or a required input is missing.
    """
    with hold(settings.warehouse, "funnel load") as warehouse:
        return warehouse.load(settings, echo)


def publish_tested(
    settings: Settings, *, force: bool = False, make_current: bool = True
) -> Manifest:
    """Publish the work database as the last build left it.

    Raises:
        UntestedError: it was changed after its last tested build, or that failed; `force` publishes
            all the same.
    """
    with hold(settings.warehouse, "funnel publish") as warehouse:
        return warehouse.publish(settings, make_current=make_current, force=force)
