"""The build: load, transform and test, then publish, by one process at a time."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.audit import AuditReport, Boundary
from orchestration.audit.checks import assert_known
from orchestration.audit.gate import audit, gate
from orchestration.audit.outcomes import checks_of, warning_notices
from orchestration.build.dbt import Progress, parsed_meanwhile, transform
from orchestration.build.notices import build_notices, load_notices
from orchestration.build.previous_release import record, recorded_provenance
from orchestration.build.provenance import provenance_of
from orchestration.contract import PROJECT_DIR
from orchestration.declarations import model_keys
from orchestration.erasure import carry_out, complete, is_waiting, keep_out
from orchestration.errors import FunnelError
from orchestration.releases import Manifest, PublishError, publish
from orchestration.settings import Settings
from orchestration.timing import timed
from orchestration.warehouse.lock import exclusive
from orchestration.warehouse.paths import Warehouse
from orchestration.warehouse.work_database import as_of, certify, is_certified, make_ready, receipt

if TYPE_CHECKING:
    from orchestration.ingestion import LoadReport


@dataclass(frozen=True)
class BuildReport:
    """What a build did, in seconds by step; `manifest` is None where it was not to publish."""

    manifest: Manifest | None
    seconds: dict[str, float]
    notices: list[str]


class UntestedError(FunnelError):
    """The work database is not in a state that passed its tests and audits."""


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
    prepare: Callable[[Warehouse], None] | None = None,
) -> BuildReport:
    """Load what is new, audit it, run every model and test, audit the marts, and publish them.

    `accepted` names checks of the audit whose failure is as it should be, for this once.

    Without `make_current` the release is put beside the others, and readers keep theirs.

    `command` is what another process is told that holds the lock; `prepare` runs first under it.

    Raises:
        FunnelError: the lock is held, a required input is missing, the audit stopped the build, a
            model or test failed, or the copy could not be made. The current release stays as it is.
    """
    warehouse = Warehouse(settings.warehouse)
    seconds: dict[str, float] = {}
    audits: list[AuditReport] = []

    def pass_gate(boundary: Boundary) -> None:
        echo(f"Auditing the {boundary} tables")
        with timed(seconds, f"audit {boundary}"):
            report = audit(settings, boundary, accepted=accepted)
        audits.append(gate(report))

    assert_known(accepted, settings.sources)
    with exclusive(warehouse, command):
        if prepare:
            prepare(warehouse)
        echo(f"Loading {', '.join(settings.sources)} from {settings.landing}")
        with parsed_meanwhile(settings, project_dir):
            with timed(seconds, "load"):
                loaded = load_held(settings, warehouse, echo)
            pass_gate(Boundary.landed)
        echo("Building and testing the models")
        with timed(seconds, "build"):
            lost = compare_held(settings, warehouse, project_dir, with_release=make_current)
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
                manifest = publish_held(settings, warehouse, project_dir, make_current=make_current)
        notices = [
            *load_notices(loaded),
            *([lost] if lost else []),
            *build_notices(warehouse.work_database),
            *warning_notices(audits),
        ]
        return BuildReport(manifest, seconds, notices)


def load_only(settings: Settings, *, echo: Callable[[str], None] = print) -> "LoadReport":
    """Load what is new into the work database, and stop there.

    Raises:
        FunnelError: the lock is held, or a required input is missing.
    """
    warehouse = Warehouse(settings.warehouse)
    with exclusive(warehouse, "funnel load"):
        return load_held(settings, warehouse, echo)


def publish_tested(
    settings: Settings, *, force: bool = False, make_current: bool = True
) -> Manifest:
    """Publish the work database as the last build left it.

    Raises:
        UntestedError: it was changed after its last tested build, or that failed; `force` publishes
            all the same.
    """
    warehouse = Warehouse(settings.warehouse)
    with exclusive(warehouse, "funnel publish"):
        return publish_held(settings, warehouse, make_current=make_current, force=force)


def load_held(
    settings: Settings,
    warehouse: Warehouse,
    echo: Callable[[str], None] = lambda _: None,
    sources: Sequence[str] | None = None,
) -> "LoadReport":
    """Load what is new of `sources` (None = all), for a caller who holds the lock.

    Persons whose erasure was asked for leave before, and after it where a file brought them back.
    """
    from orchestration.ingestion import load  # noqa: PLC0415  (dlt takes seconds to import)

    make_ready(warehouse)
    carry_out(warehouse, echo)
    report = load(
        settings.landing,
        warehouse.work_database,
        sources or settings.sources,
        echo,
        keep_out=partial(keep_out, warehouse),
    )
    carry_out(warehouse, echo)
    return report


def compare_held(
    settings: Settings,
    warehouse: Warehouse,
    project_dir: Path = PROJECT_DIR,
    *,
    with_release: bool = True,
) -> str | None:
    """Give the build what it is compared with, the current release; a notice where that is lost."""
    return record(
        warehouse,
        provenance_of(settings, project_dir),
        with_release=with_release,
        memory=settings.memory,
        project_dir=project_dir,
    )


def publish_held(
    settings: Settings,
    warehouse: Warehouse,
    project_dir: Path = PROJECT_DIR,
    *,
    make_current: bool = True,
    force: bool = False,
) -> Manifest:
    """What `publish_tested` does, for a caller who holds the lock.

    Raises:
        UntestedError: as there.
    """
    if not warehouse.work_database.is_file():
        raise PublishError(
            f"There is no work database {warehouse.work_database}. Run `funnel build` first."
        )
    if is_waiting(warehouse):
        raise UntestedError(
            "A request for erasure waits to be carried out, and the work database still holds "
            "the person. Run `funnel build`."
        )
    certified = is_certified(warehouse)
    if not force and not certified:
        raise UntestedError(
            f"{warehouse.work_database} is not as a successful `funnel build` left it, so "
            "nothing says that it passes its tests and audits. Run `funnel build`, or publish "
            "it as it is with --force."
        )
    made_from = recorded_provenance(warehouse.work_database) or provenance_of(settings)
    manifest = publish(
        warehouse,
        keep=settings.keep,
        provenance=made_from.model_copy(update={"as_of": as_of(warehouse.work_database)}),
        keys=model_keys(project_dir),
        parquet=settings.parquet,
        make_current=make_current,
        memory=settings.memory,
        checks=receipt(warehouse).checks if certified else None,
    )
    complete(warehouse)
    # what a restore replaced is of no use once something newer is published
    shutil.rmtree(warehouse.replaced_dir, ignore_errors=True)
    return manifest
