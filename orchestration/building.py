"""The build: load, transform and test, then publish, by one process at a time."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from pydantic import BaseModel, ValidationError

from orchestration.auditing import assert_known, audit, checks_of, gate, warning_notices
from orchestration.contract import PROJECT_DIR
from orchestration.declarations import model_keys
from orchestration.erasure import carry_out, complete, is_waiting
from orchestration.errors import FunnelError
from orchestration.expectations import AuditReport, Boundary
from orchestration.history import record, recorded_provenance
from orchestration.locking import exclusive
from orchestration.provenance import provenance_of
from orchestration.publishing import Checks, Manifest, PublishError, publish
from orchestration.reporting import build_notices, load_notices
from orchestration.settings import Settings
from orchestration.transforming import Progress, transform
from orchestration.warehouse import DATABASE_FILE, Warehouse

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
        with _timed(seconds, f"audit {boundary}"):
            report = audit(settings, boundary, accepted=accepted)
        audits.append(gate(report))

    assert_known(accepted, settings)
    with exclusive(warehouse, command):
        if prepare:
            prepare(warehouse)
        make_ready(warehouse)
        carry_out(warehouse, echo)
        echo(f"Loading {', '.join(settings.sources)} from {settings.landing}")
        with _timed(seconds, "load"):
            loaded = _load(settings, warehouse, echo)
        carry_out(warehouse, echo)  # a file may have brought another lead of an erased person
        pass_gate(Boundary.landed)
        echo("Building and testing the models")
        with _timed(seconds, "build"):
            lost = record(
                warehouse,
                provenance_of(settings, project_dir),
                with_release=make_current,
                memory=settings.memory,
                project_dir=project_dir,
            )
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
                manifest = _publish(settings, warehouse, checks, project_dir, make_current)
            complete(warehouse)
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
        make_ready(warehouse)
        return _load(settings, warehouse, echo)


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
        checks = _receipt(warehouse).checks if certified else None
        return _publish(settings, warehouse, checks, make_current=make_current)


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
            f"{warehouse.current_database}. If nothing has, the file is damaged: `funnel restore` "
            "makes it anew from the landing folder."
        ) from error


def set_aside(warehouse: Warehouse) -> None:
    """Move the work database out of the way until what replaces it is published.

    Where an earlier restore moved one away and was not completed, that one stays, and what it had
    made since goes.
    """
    warehouse.receipt_file.unlink(missing_ok=True)
    warehouse.replaced_dir.mkdir(exist_ok=True)
    has_moved = (warehouse.replaced_dir / DATABASE_FILE).exists()
    # killed between the two, the database is what its last checkpoint says, which is sound
    for path in (warehouse.work_wal, warehouse.work_database):
        if has_moved:
            path.unlink(missing_ok=True)
        elif path.exists():
            path.replace(warehouse.replaced_dir / path.name)


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


def _publish(
    settings: Settings,
    warehouse: Warehouse,
    checks: Checks | None,
    project_dir: Path = PROJECT_DIR,
    make_current: bool = True,
) -> Manifest:
    if not warehouse.work_database.is_file():
        raise PublishError(
            f"There is no work database {warehouse.work_database}. Run `funnel build` first."
        )
    made_from = recorded_provenance(warehouse.work_database) or provenance_of(settings)
    manifest = publish(
        warehouse,
        keep=settings.keep,
        provenance=made_from.model_copy(update={"as_of": _as_of(warehouse.work_database)}),
        keys=model_keys(project_dir),
        parquet=settings.parquet,
        make_current=make_current,
        memory=settings.memory,
        checks=checks,
    )
    # what a restore replaced is of no use once something newer is published
    shutil.rmtree(warehouse.replaced_dir, ignore_errors=True)
    return manifest


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
    with duckdb.connect(str(work_database), read_only=True) as connection:
        try:
            row = connection.execute("select as_of from intermediate.int_as_of").fetchone()
        except duckdb.CatalogException:
            return None
    return row[0] if row else None
