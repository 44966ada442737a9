"""The work database: ready to be written, and known to have passed what it must pass."""

from datetime import datetime
from pathlib import Path

import duckdb
from pydantic import BaseModel, ConfigDict, ValidationError

from orchestration.errors import FunnelError
from orchestration.warehouse.paths import DATABASE_FILE, Warehouse


class WorkDatabaseError(FunnelError):
    """The work database cannot be used now."""


class Checks(BaseModel):
    """Summary of the audits: number of checks with a figure, and those that failed.

    `accepted` are critical or warning checks that failed and were accepted by name.
    """

    model_config = ConfigDict(frozen=True)

    judged: int
    not_judged: int = 0
    warnings: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()


class Receipt(BaseModel):
    """Receipt for the state of the work database that passed its tests and audits."""

    state: str
    is_audited: bool = True
    checks: Checks | None = None


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
            "Close whatever has it open. Readers should use the current release, "
            f"{warehouse.current_database}. If nothing has it open, the file is damaged: "
            "`funnel restore` rebuilds it from the landing folder."
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


def note_tested(warehouse: Warehouse) -> None:
    """Write down which state of the work database passed its tests; the audits are to come."""
    receipt = Receipt(state=_state(warehouse), is_audited=False)
    warehouse.receipt_file.write_text(receipt.model_dump_json(), encoding="utf-8")


def certify(warehouse: Warehouse, checks: Checks) -> None:
    """Write down which state of the work database passed its tests and audits."""
    receipt = Receipt(state=_state(warehouse), checks=checks)
    warehouse.receipt_file.write_text(receipt.model_dump_json(), encoding="utf-8")


def is_certified(warehouse: Warehouse) -> bool:
    """True if the work database is as it was when it passed its tests and audits."""
    return is_tested(warehouse) and receipt(warehouse).is_audited


def is_tested(warehouse: Warehouse) -> bool:
    """True if the work database is as it was when it passed its tests."""
    return (
        warehouse.receipt_file.is_file()
        and warehouse.work_database.is_file()
        and not warehouse.work_wal.exists()
        and receipt(warehouse).state == _state(warehouse)
    )


def receipt(warehouse: Warehouse) -> Receipt:
    """The receipt of the last build."""
    try:
        return Receipt.model_validate_json(warehouse.receipt_file.read_bytes())
    except ValidationError:
        return Receipt(state="cannot be read")


def as_of(work_database: Path) -> datetime | None:
    """The as_of of the last build (UTC); None before the first."""
    with duckdb.connect(str(work_database), read_only=True) as connection:
        try:
            row = connection.execute("select as_of from intermediate.int_as_of").fetchone()
        except duckdb.CatalogException:
            return None
    return row[0] if row else None


def _state(warehouse: Warehouse) -> str:
    # By size and moment of change: opening the file here would drop DuckDB's lock on it.
    status = warehouse.work_database.stat()
    return f"{status.st_size} bytes, changed at {status.st_mtime_ns} ns"
