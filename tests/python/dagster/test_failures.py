"""A lock, the disk and the network are tried again; data is not."""

import errno
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from support import hold_lock

from orchestration.build.held_warehouse import UntestedError
from orchestration.defs.shared.retries import is_passing, permanent_unless_passing, retry_policy
from orchestration.defs.shared.writer import WarehouseWriter, warehouse_writer
from orchestration.extraction import ExtractionError, OriginAwayError
from orchestration.ingestion import LoadError
from orchestration.releases.postgres import PostgresAwayError, PostgresError
from orchestration.warehouse.lock import WarehouseLockedError
from orchestration.warehouse.work_database import WorkDatabaseError


def caused(by: BaseException) -> LoadError:
    try:
        try:
            raise by
        except type(by) as error:
            raise LoadError("The load failed.") from error
    except LoadError as error:
        return error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (WarehouseLockedError("held"), True),
        (WorkDatabaseError("open elsewhere"), True),
        (ConnectionRefusedError("no server"), True),
        (PostgresAwayError("the server closed the connection"), True),
        (OriginAwayError("the database does not answer"), True),
        (ExtractionError("the table is not there"), False),
        (PostgresError("may not create schemas"), False),
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (caused(OSError(errno.EIO, "Input/output error")), True),
        (duckdb.IOException('Could not set lock on file "warehouse.duckdb"'), True),
        (FileNotFoundError(errno.ENOENT, "no such file"), False),
        (LoadError("a column is missing"), False),
        (UntestedError("not tested"), False),
        (ValueError("a mistake of ours"), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_passes_by_itself(error: Exception, expected: bool) -> None:
    assert is_passing(error) is expected


@contextmanager
def lock_held(warehouse: Path, seconds: float | None = None) -> Iterator[None]:
    """Another process holds the lock, to the end of the block or for so many seconds."""
    with subprocess.Popen(
        [sys.executable, hold_lock.__file__, str(warehouse), "funnel build"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdin and holder.stdout and holder.stdout.readline() == "held\n"
        if seconds is not None:
            threading.Timer(seconds, holder.stdin.close).start()
        yield
        holder.stdin.close()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as made:
        yield made


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FUNNEL_WAREHOUSE", str(tmp_path / "warehouse"))
    monkeypatch.setenv("FUNNEL_RETRY_SECONDS", "0.1")
    return tmp_path / "warehouse"


def run_writer(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    @dg.asset(retry_policy=retry_policy())
    def written(
        context: dg.AssetExecutionContext, writer: dg.ResourceParam[WarehouseWriter]
    ) -> None:
        with permanent_unless_passing():
            writer.hold(context)

    return dg.materialize(
        [written],
        instance=instance,
        resources={"writer": warehouse_writer},
        raise_on_error=False,
    )


def events(result: dg.ExecuteInProcessResult, kind: str) -> int:
    return sum(event.event_type_value == kind for event in result.all_events)


def test_run_waits_for_the_writer(
    instance: dg.DagsterInstance, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUNNEL_LOCK_WAIT_SECONDS", "60")
    with lock_held(warehouse, seconds=2):
        assert run_writer(instance).success


def test_held_lock_is_tried_again_and_then_reported(
    instance: dg.DagsterInstance, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUNNEL_LOCK_WAIT_SECONDS", "0")
    with lock_held(warehouse):
        result = run_writer(instance)
    assert not result.success
    assert events(result, "STEP_UP_FOR_RETRY") == 3
    [failure] = [event for event in result.all_events if event.is_step_failure]
    assert "is in use by 'funnel build'" in str(failure.step_failure_data.error)


def test_run_lets_go_of_the_lock(instance: dg.DagsterInstance, warehouse: Path) -> None:
    assert run_writer(instance).success
    with lock_held(warehouse):
        pass


def test_permanent_failure_is_not_tried_again(instance: dg.DagsterInstance) -> None:
    @dg.asset(retry_policy=retry_policy())
    def broken() -> None:
        with permanent_unless_passing():
            raise LoadError("A column is missing.")

    result = dg.materialize([broken], instance=instance, raise_on_error=False)
    assert events(result, "STEP_UP_FOR_RETRY") == 0
    [failure] = [event for event in result.all_events if event.is_step_failure]
    assert failure.step_failure_data.user_failure_data.description == "A column is missing."
