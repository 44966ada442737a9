"""The build: load, transform and test, then publish, by one process at a time."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from pydantic import BaseModel, ValidationError

from orchestration.auditing import assert_known, audit, checks_of, gate, warning_notices
from orchestration.contract import PROJECT_DIR
from orchestration.errors import FunnelError
from orchestration.expectations import AuditReport, Boundary
from orchestration.locking import exclusive
from orchestration.publishing import Checks, Manifest, Provenance, publish
from orchestration.reporting import build_notices, load_notices
from orchestration.settings import Settings
from orchestration.transforming import Progress, transform
from orchestration.warehouse import Warehouse

if TYPE_CHECKING:
    from orchestration.ingestion import LoadReport


@dataclass(frozen=True)
class BuildReport:
    """What a build did, in seconds by step; `manifest` is None where it was not to publish."""

    manifest: Manifest | None
    seconds: dict[str, float]
    notices: list[str]


class Receipt(BaseModel):
    """Which state of the work database passed its tests and audits, and what these said."""

    state: str
    checks: Checks | None = None


class UntestedError(FunnelError):
    """The work database is not in a state that passed its tests and audits."""


class WorkDatabaseError(FunnelError):
    """The work database cannot be used now."""


def build(
    settings: Settings,
    *,
    project_dir: Path = PROJECT_DIR,
    full_refresh: bool = False,
    with_publish: bool = True,
    accepted: Sequence[str] = (),
    verbose: bool = False,
    echo: Callable[[str], None] = print,
    progress: Progress = lambda *_: None,
) -> BuildReport:
    """Load what is new, audit it, run every model and test, audit the marts, and publish them.

    `accepted` names checks of the audit whose failure is as it should be, for this once.

    Raises:
        FunnelError: the lock is held, a required input is missing, the audit stopped the build, a
            model or test failed, or the copy could not be made. The current release stays as it is.
    """
    warehouse = Warehouse(settings.warehouse)
    seconds: dict[str, float] = {}
    audits: list[AuditReport] = []

    def pass_gate(boundary: Boundary) -> None:
        echo(f"Auditing the {boundary} tables")
        with _timed(seconds, f"audit {boundary}"):
            report = audit(settings, boundary, accepted=accepted, project_dir=project_dir)
        audits.append(gate(report))

    assert_known(accepted, settings, project_dir=project_dir)
    with exclusive(warehouse, "funnel build"):
        make_ready(warehouse)
        echo(f"Loading {', '.join(settings.sources)} from {settings.landing}")
        with _timed(seconds, "load"):
            loaded = _load(settings, warehouse, echo)
        pass_gate(Boundary.landed)
        echo("Building and testing the models")
        with _timed(seconds, "build"):
            transform(
                settings,
                project_dir=project_dir,
                full_refresh=full_refresh,
                verbose=verbose,
                progress=progress,
            )
        pass_gate(Boundary.marts)
        checks = checks_of(audits)
        certify(warehouse, checks)
        manifest = None
        if with_publish:
            echo("Publishing")
            with _timed(seconds, "publish"):
                manifest = _publish(settings, warehouse, checks)
        notices = [
            *load_notices(loaded),
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
        make_ready(warehouse)
        return _load(settings, warehouse, echo)


def publish_tested(settings: Settings, *, force: bool = False) -> Manifest:
    """Publish the work database as the last build left it.

    Raises:
        UntestedError: it was changed after its last tested build, or that failed; `force` publishes
            all the same.
    """
    warehouse = Warehouse(settings.warehouse)
    with exclusive(warehouse, "funnel publish"):
        return publish_held(settings, warehouse, force=force)


def publish_held(settings: Settings, warehouse: Warehouse, *, force: bool = False) -> Manifest:
    """What `publish_tested` does, for a caller who holds the warehouse's lock.

    Raises:
        UntestedError: as there.
    """
    certified = is_certified(warehouse)
    if not force and not certified:
        raise UntestedError(
            f"{warehouse.work_database} is not as a successful `funnel build` left it, so "
            "nothing says that it passes its tests and audits. Run `funnel build`, or publish "
            "it as it is with --force."
        )
    return _publish(settings, warehouse, _receipt(warehouse).checks if certified else None)


def make_ready(warehouse: Warehouse) -> None:
    """Withdraw the receipt of the last build and see that the work database can be written.

    A write-ahead log without its database is cleared away: DuckDB would replay it into the next
    file of that name.

    Raises:
        WorkDatabaseError: another process has it open, or it cannot be read.
    """
    warehouse.receipt_file.unlink(missing_ok=True)
    if not warehouse.work_database.exists():
        warehouse.work_wal.unlink(missing_ok=True)
        return
    try:
        duckdb.connect(str(warehouse.work_database)).close()
    except duckdb.Error as error:
        raise WorkDatabaseError(
            f"The work database {warehouse.work_database} cannot be opened for writing: {error}\n"
            "Close what else has it open. Readers belong on the current release, "
            f"{warehouse.current_database}."
        ) from error


def certify(warehouse: Warehouse, checks: Checks) -> None:
    """Write down which state of the work database passed its tests and audits."""
    receipt = Receipt(state=_state(warehouse), checks=checks)
    warehouse.receipt_file.write_text(receipt.model_dump_json(), encoding="utf-8")


def is_certified(warehouse: Warehouse) -> bool:
    """Whether the work database is as it was when it passed its tests and audits."""
    return (
        warehouse.receipt_file.is_file()
        and warehouse.work_database.is_file()
        and not warehouse.work_wal.exists()
        and _receipt(warehouse).state == _state(warehouse)
    )


def _load(settings: Settings, warehouse: Warehouse, echo: Callable[[str], None]) -> "LoadReport":
    from orchestration.ingestion import load  # noqa: PLC0415  (dlt takes seconds to import)

    return load(settings.landing, warehouse.work_database, settings.sources, echo)


def _receipt(warehouse: Warehouse) -> Receipt:
    try:
        return Receipt.model_validate_json(warehouse.receipt_file.read_bytes())
    except ValidationError:
        return Receipt(state="cannot be read")


def _publish(settings: Settings, warehouse: Warehouse, checks: Checks | None) -> Manifest:
    return publish(
        warehouse,
        keep=settings.keep,
        provenance=Provenance(
            project_version=version("lead_funnel"),
            git_commit=_git_commit(),
            sources=settings.sources,
            as_of=_as_of(warehouse.work_database),
        ),
        parquet=settings.parquet,
        memory=settings.memory,
        checks=checks,
    )


@contextmanager
def _timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    seconds[step] = time.monotonic() - start


def _state(warehouse: Warehouse) -> str:
    # By size and moment of change: opening the file here would drop DuckDB's lock on it.
    status = warehouse.work_database.stat()
    return f"{status.st_size} bytes, changed at {status.st_mtime_ns} ns"


def _as_of(work_database: Path) -> datetime | None:
    if not work_database.is_file():
        return None
    with duckdb.connect(str(work_database), read_only=True) as connection:
        try:
            row = connection.execute("select as_of from intermediate.int_as_of").fetchone()
        except duckdb.CatalogException:
            return None
    return row[0] if row else None


def _git_commit() -> str | None:
    git = shutil.which("git")
    if git is None:
        return None
    described = subprocess.run(
        [git, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or None
