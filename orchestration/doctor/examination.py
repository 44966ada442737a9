"""All checks, in the order in which their findings are shown."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime

import duckdb

from orchestration.doctor.contract import check_raw_columns
from orchestration.doctor.erasures import check_erasures
from orchestration.doctor.finding import Finding, Subject, error, fine
from orchestration.doctor.loads import check_landing_files, check_loads, check_raw_rows
from orchestration.doctor.origins import check_origins
from orchestration.doctor.postgres import check_postgres
from orchestration.doctor.releases import (
    check_current,
    check_leftovers,
    check_releases,
    check_versions,
)
from orchestration.doctor.surroundings import (
    check_clock,
    check_disk,
    check_folders,
    check_landing,
    check_lock,
    check_permissions,
    check_settings,
)
from orchestration.doctor.work_database import check_receipt
from orchestration.settings import Settings
from orchestration.warehouse.lock import WarehouseLockedError, WarehouseNotWritableError, exclusive

CHECKS: tuple[Callable[[Subject], Iterable[Finding]], ...] = (
    check_settings,
    check_folders,
    check_origins,
    check_landing,
    check_permissions,
    check_disk,
    check_clock,
    check_lock,
    check_current,
    check_releases,
    check_versions,
    check_leftovers,
    check_postgres,
    check_receipt,
    check_erasures,
)
"""Checks of files and surroundings; they need no lock."""

WORK_DATABASE_CHECKS: tuple[
    Callable[[Subject, duckdb.DuckDBPyConnection], Iterable[Finding]], ...
] = (check_loads, check_raw_rows, check_landing_files, check_raw_columns)
"""Checks inside the work database; they get a read-only connection while the lock is held."""


def examine(
    settings: Settings,
    *,
    environment: Mapping[str, str] = os.environ,
    now: datetime | None = None,
) -> list[Finding]:
    """The findings of every check; `now` is for tests (with its zone; None = the clock)."""
    subject = Subject(settings, environment, now or datetime.now(UTC))
    return [
        *(finding for check in CHECKS for finding in check(subject)),
        *_examine_work_database(subject),
    ]


def _examine_work_database(subject: Subject) -> Iterator[Finding]:
    database = subject.warehouse.work_database
    if not database.is_file():
        return
    try:
        with (
            exclusive(subject.warehouse, "funnel doctor"),
            duckdb.connect(str(database), read_only=True) as connection,
        ):
            for check in WORK_DATABASE_CHECKS:
                yield from check(subject, connection)
            yield fine("work database", f"{database} opens and its raw tables can be read.")
    except WarehouseLockedError:
        yield fine("work database", "Not checked while it is in use.")
    except WarehouseNotWritableError as problem:
        yield error(
            "work database",
            f"Not checked, because its lock cannot be taken. {problem}",
            f"Run as the owner of {subject.warehouse.root}",
        )
    except duckdb.IOException as problem:
        if "lock" not in str(problem):
            yield _damaged(subject, problem)
            return
        yield error(
            "work database",
            f"{database} is open elsewhere: {problem}",
            "Close whatever has it open, or end that process; readers should use "
            f"{subject.warehouse.current_database}",
        )
    except duckdb.Error as problem:
        yield _damaged(subject, problem)


def _damaged(subject: Subject, problem: duckdb.Error) -> Finding:
    return error(
        "work database",
        f"{subject.warehouse.work_database} cannot be read: {str(problem).splitlines()[0]}",
        "funnel restore",
    )
