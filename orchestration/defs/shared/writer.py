"""The right to change the warehouse, for as long as a run lasts."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import dagster as dg

from orchestration.audit import AuditReport
from orchestration.build.held_warehouse import HeldWarehouse, hold
from orchestration.settings import load_settings
from orchestration.warehouse.lock import WarehouseLockedError

POOL = "warehouse"
"""Dagster's name for the one writer: runs that need it queue instead of waiting with a process."""

POLL_SECONDS = 1.0


class WarehouseWriter:
    """The warehouse's lock, from the first step that asks for it to the end of the run.

    Steps run in one process (the executor of the code location), so that nobody comes between the
    load, the build and the publication. The pool keeps Dagster's own runs apart; the lock keeps
    apart whoever else calls `funnel build`.

    `audits`: those that this run passed.
    """

    def __init__(self) -> None:
        self.audits: list[AuditReport] = []
        self._held = ExitStack()
        self._warehouse: HeldWarehouse | None = None

    def hold(self, context: dg.AssetExecutionContext) -> HeldWarehouse:
        """The warehouse, once nobody else changes it.

        Raises:
            WarehouseLockedError: another process changed it for longer than `lock_wait_seconds`.
        """
        if self._warehouse is None:
            settings = load_settings()
            deadline = time.monotonic() + settings.lock_wait_seconds
            command = f"Dagster run {context.run.run_id}"
            told = False
            while True:
                try:
                    self._warehouse = self._held.enter_context(hold(settings.warehouse, command))
                    break
                except WarehouseLockedError as error:
                    if time.monotonic() >= deadline:
                        raise
                    if not told:
                        context.log.info(f"Waiting: {error}")
                        told = True
                    time.sleep(POLL_SECONDS)
        return self._warehouse

    def release(self) -> None:
        """Let others change the warehouse."""
        self._warehouse = None
        self._held.close()


@dg.resource
def warehouse_writer(_: dg.InitResourceContext) -> Iterator[WarehouseWriter]:
    """One writer per run; what a run leaves, it no longer holds."""
    writer = WarehouseWriter()
    try:
        yield writer
    finally:
        writer.release()
