"""One writer at a time: a lock on the warehouse that says who holds it."""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO

from orchestration.errors import FunnelError
from orchestration.warehouse.paths import Warehouse


class WarehouseLockedError(FunnelError):
    """Another process changes the warehouse now (exit code of sysexits' EX_TEMPFAIL)."""

    exit_code = 75


class WarehouseNotWritableError(FunnelError):
    """This user cannot write in the warehouse folder (exit code of sysexits' EX_IOERR)."""

    exit_code = 74


@dataclass(frozen=True)
class LockState:
    """State of the lock; `holder` is the process that holds it, or that died holding it."""

    is_held: bool
    holder: str | None


@contextmanager
def exclusive(warehouse: Warehouse, command: str) -> Iterator[None]:
    """Hold the warehouse's lock while the block runs; `command` is what another process is told.

    The lock belongs to the open file, so the system frees it when the process dies, however that
    happens; the text that stays in the file then means nothing.

    Raises:
        WarehouseLockedError: another process holds it; names that process.
        WarehouseNotWritableError: the folder cannot be made or written.
    """
    with _open(warehouse) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WarehouseLockedError(
                f"The warehouse {warehouse.root} is in use by {_holder(file)}. "
                "Try again when it has ended."
            ) from None
        _sign(file, command)
        try:
            yield
        finally:
            file.truncate(0)


def look_at_lock(warehouse: Warehouse) -> LockState:
    """Read the state of the lock, without taking it."""
    try:
        with warehouse.lock_file.open(encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return LockState(True, _holder(file))
            return LockState(False, _holder(file) if file.read() else None)
    except FileNotFoundError:
        return LockState(False, None)


def _open(warehouse: Warehouse) -> TextIO:
    try:
        # raw tables hold personal data: nobody else needs to look in
        warehouse.build_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return warehouse.lock_file.open("a+", encoding="utf-8")
    except OSError as error:
        raise WarehouseNotWritableError(
            f"The warehouse {warehouse.root} cannot be written: {error}. Make it writable for this "
            "user, or name another folder with --warehouse. The current release is unchanged."
        ) from error


def _sign(file: TextIO, command: str) -> None:
    holder = {
        "command": command,
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
    }
    file.truncate(0)
    file.write(json.dumps(holder))
    file.flush()


def _holder(file: TextIO) -> str:
    file.seek(0)
    try:
        holder = json.load(file)
        process = f"process {holder['pid']} on {holder['host']}"
        return f"'{holder['command']}' ({process}, since {holder['since']})"
    except (json.JSONDecodeError, KeyError):
        return "another process that has only just taken it"
