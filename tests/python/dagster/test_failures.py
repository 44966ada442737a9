"""A lock, the disk and the network are tried again; data is not."""

import errno
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from orchestration.building import UntestedError, WorkDatabaseError
from orchestration.contract import PROJECT_DIR
from orchestration.ingestion import LoadError
from orchestration.locking import WarehouseLockedError
from orchestration.running.failures import is_passing, permanent_unless_passing, retry_policy
from orchestration.running.writer import WarehouseWriter

HOLD_LOCK = PROJECT_DIR / "tests" / "python" / "publishing" / "hold_lock.py"


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
    def written(context: dg.AssetExecutionContext, writer: WarehouseWriter) -> None:
        with permanent_unless_passing():
            writer.hold(context)

    return dg.materialize(
        [written],
        instance=instance,
        resources={"writer": WarehouseWriter()},
        raise_on_error=False,
    )


def events(result: dg.ExecuteInProcessResult, kind: str) -> int:
    return sum(event.event_type_value == kind for event in result.all_events)
