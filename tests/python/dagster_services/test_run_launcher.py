"""A run counts as dead when the code server has had no process for it for a while."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dagster as dg
import pytest
from dagster._core.launcher import WorkerStatus
from dagster._grpc.types import CanCancelExecutionResult
from dagster._serdes import serialize_value

from orchestration.instance import run_launcher
from orchestration.instance.run_launcher import WatchedRunLauncher


@dataclass
class CodeServer:
    """A code server that has the process of a run, or not."""

    has_run: bool = True

    def can_cancel_execution(self, _: Any) -> str:
        return serialize_value(CanCancelExecutionResult(can_cancel=self.has_run))


@dataclass
class Clock:
    """A clock that a test sets."""

    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def server() -> CodeServer:
    return CodeServer()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(run_launcher, "time", clock)
    return clock


@pytest.fixture
def status(
    server: CodeServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Callable[[float], WorkerStatus]:
    """`status(seconds)`: how a run is found that many seconds later."""
    launcher = WatchedRunLauncher(patience_seconds=60)
    monkeypatch.setattr(launcher, "_get_grpc_client_for_termination", lambda _: server)
    run = dg.DagsterRun("build")

    def later(seconds: float) -> WorkerStatus:
        clock.now += seconds
        return launcher.check_run_worker_health(run).status

    return later


def test_missing_run_is_given_up_after_a_while(
    server: CodeServer, status: Callable[[float], WorkerStatus]
) -> None:
    assert status(0) == WorkerStatus.RUNNING
    server.has_run = False
    assert status(30) == WorkerStatus.RUNNING
    assert status(59) == WorkerStatus.RUNNING
    assert status(1) == WorkerStatus.NOT_FOUND


def test_found_run_is_waited_for_from_the_start_again(
    server: CodeServer, status: Callable[[float], WorkerStatus]
) -> None:
    server.has_run = False
    assert status(0) == WorkerStatus.RUNNING
    server.has_run = True
    assert status(50) == WorkerStatus.RUNNING
    server.has_run = False
    assert status(50) == WorkerStatus.RUNNING
    assert status(60) == WorkerStatus.NOT_FOUND
