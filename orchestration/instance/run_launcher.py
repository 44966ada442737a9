"""The run launcher of production: it notices that a run died with its code server."""

import time
from collections.abc import Mapping
from typing import Any, Self

from dagster import DagsterRun, DefaultRunLauncher, Field, IntSource
from dagster._core.launcher import CheckRunHealthResult, WorkerStatus
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster._serdes import ConfigurableClassData, deserialize_value

PATIENCE_SECONDS = 60
"""The daemon needs as long, at the most, to load the code location of a restarted code server."""


class WatchedRunLauncher(DefaultRunLauncher):
    """Runs are processes of the code server, and the code server says which it has.

    Dagster's default launcher says nothing about health. A run whose code server was killed would
    stay `started` until its longest runtime is over, and keep the next runs waiting.

    A run counts as dead when it has been missing for `patience_seconds`. Dagster submits the retry
    of a dead run once: if the daemon has not loaded the code location again by then, the retry is
    lost.
    """

    def __init__(
        self,
        inst_data: ConfigurableClassData | None = None,
        patience_seconds: int = PATIENCE_SECONDS,
    ) -> None:
        super().__init__(inst_data)
        self._patience_seconds = patience_seconds
        self._missing_since: dict[str, float] = {}

    @classmethod
    def config_type(cls) -> dict[str, Field]:
        """Its settings in `dagster.yaml`."""
        return {"patience_seconds": Field(IntSource, default_value=PATIENCE_SECONDS)}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]
    ) -> Self:
        """The launcher that `dagster.yaml` describes."""
        return cls(inst_data, **config_value)

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Run monitoring may ask."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Not found if the code server has had no process for the run for a while.

        Raises:
            DagsterUserCodeUnreachableError: the code server does not answer, so nobody knows. Run
                monitoring writes that down and asks again.
        """
        reason = self._reason_to_miss(run)
        if reason is None:
            self._missing_since.pop(run.run_id, None)
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        since = self._missing_since.setdefault(run.run_id, time.monotonic())
        if time.monotonic() - since < self._patience_seconds:
            return CheckRunHealthResult(WorkerStatus.RUNNING, f"Not yet given up: {reason}")
        del self._missing_since[run.run_id]
        return CheckRunHealthResult(WorkerStatus.NOT_FOUND, reason)

    def _reason_to_miss(self, run: DagsterRun) -> str | None:
        """Why the code server has no process for the run; nothing if it has one."""
        client = self._get_grpc_client_for_termination(run.run_id)  # type: ignore[no-untyped-call]
        if client is None:
            return "It was not launched, or has ended"
        answer = client.can_cancel_execution(CanCancelExecutionRequest(run_id=run.run_id))
        if deserialize_value(answer, CanCancelExecutionResult).can_cancel:
            return None
        return "The code server was restarted, and the run's process is gone"
