"""Runs that a fault strikes. Each line of input is a run; each line of output is how it ended.

A run is a JSON object: `project`, `command` (build, restore or nothing), `fault`, `at`, and whether
it `is_audited`. Each is made in a forked process of its own, because dbt and dlt take seconds to
import.
"""

import importlib
import json
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from support import toy_project

from orchestration.audit import AuditReport, Boundary
from orchestration.build import build as building
from orchestration.build.build import build
from orchestration.build.restore import restore
from orchestration.errors import FunnelError
from orchestration.settings import Settings, load_settings
from orchestration.warehouse.lock import WarehouseLockedError
from orchestration.warehouse.paths import Warehouse

ROOM = 64 * 1024
"""Bytes that one file may still have where it may not grow: enough for a lock, not for a table."""


def kill(_: Settings) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fill_disk(settings: Settings) -> None:
    """Writes until nothing more goes in; the warehouse lies on a small file system of its own."""
    with (settings.warehouse.parent / "filler").open("ab", buffering=0) as filler:
        for block in (1 << 20, 1 << 12):
            try:
                while True:
                    filler.write(b"\0" * block)
            except OSError:
                continue


def forbid_large_files(_: Settings) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM))


def build_beside(settings: Settings) -> None:
    """A second build, in another process; it must be told that this one runs."""
    process = os.fork()
    if process == 0:
        try:
            run(settings, "build")
        except WarehouseLockedError as refusal:
            os._exit(refusal.exit_code if "'funnel build'" in str(refusal) else 1)
        os._exit(0)
    _, status = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(status) == WarehouseLockedError.exit_code


def move_clock(days: int) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "datetime":  # type: ignore[override]
            return datetime.now(tz) + timedelta(days=days)

    for module in ("ingestion.loader", "releases.publication"):
        importlib.import_module(f"orchestration.{module}").datetime = Clock  # type: ignore[attr-defined]


def corrupt_release(settings: Settings) -> None:
    flip_bytes(Warehouse(settings.warehouse).current_database)


def corrupt_work_database(settings: Settings) -> None:
    flip_bytes(Warehouse(settings.warehouse).work_database, start=0)


def flip_bytes(path: Path, start: int | None = None) -> None:
    """Turns 4 KiB around: the header of the file, or its middle."""
    content = bytearray(path.read_bytes())
    first = len(content) // 2 if start is None else start
    for position in range(first, first + 4096):
        content[position] ^= 0xFF
    path.chmod(0o644)
    path.write_bytes(content)


def alter(statement: str) -> Callable[[Settings], None]:
    """Something changes the work database behind the loader's back."""

    def change(settings: Settings) -> None:
        with duckdb.connect(str(Warehouse(settings.warehouse).work_database)) as connection:
            connection.execute(statement)

    return change


FAULTS: dict[str, Callable[[Settings], None]] = {
    "kill -9": kill,
    "disk full": fill_disk,
    "file too large": forbid_large_files,
    "second build": build_beside,
    "clock a year back": lambda _: move_clock(-365),
    "clock a year ahead": lambda _: move_clock(365),
    "release corrupted": corrupt_release,
    "work database corrupted": corrupt_work_database,
    "dlt schema corrupted": alter("update raw_files._dlt_version set schema = 'x'"),
    "dlt load list lost": alter("drop table raw_files._dlt_loads"),
    "ledger lost": alter("drop table raw_files.landed_files"),
    "rows lost": alter("delete from raw_files.leads where lead_id = 'L1'"),
}


def arm(strike: Callable[[], None], at: str) -> None:
    """Lets the fault strike at the first call of a function: `before module:name` or `after`."""
    when, _, function = at.partition(" ")
    module, _, path = function.partition(":")
    *owners, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    real = getattr(owner, name)

    def struck(*args: Any, **kwargs: Any) -> Any:
        setattr(owner, name, real)
        if when == "before":
            strike()
        result = real(*args, **kwargs)
        if when == "after":
            strike()
        return result

    setattr(owner, name, struck)


AUDIT = building.audit


def no_audit(_: Settings, boundary: Boundary, **__: Any) -> AuditReport:
    """Nothing was judged; the audit takes most of the time of a run, so few cases make it."""
    return AuditReport(boundary, ())


def run(
    settings: Settings, command: str, strike_after_node: Callable[[str], None] = lambda _: None
) -> None:
    options: dict[str, Any] = {
        "project_dir": settings.landing.parent,
        "echo": lambda _: None,
        "progress": lambda _done, _total, node: strike_after_node(node),
    }
    if command == "restore":
        restore(settings, **options)
    elif command == "build":
        build(settings, **options)


def strike(task: dict[str, Any]) -> None:
    """One run, in this process; ends it with what became of the run on the pipe."""
    settings = settings_of(Path(task["project"]))
    building.audit = AUDIT if task["is_audited"] else no_audit
    fault = FAULTS.get(task["fault"], lambda _: None)
    at = task["at"]
    after_node: Callable[[str], None] = lambda _: None  # noqa: E731
    if at == "start":
        fault(settings)
    elif at.startswith("node "):
        after_node = lambda node: fault(settings) if node == at.removeprefix("node ") else None  # noqa: E731
    else:
        arm(lambda: fault(settings), at)
    run(settings, task["command"], after_node)


def settings_of(project: Path) -> Settings:
    root = project / "disk" / "warehouse"
    return load_settings({"sources": "files", "landing": project / "landing", "warehouse": root})


def ended(task: dict[str, Any]) -> str:
    """How a run in a forked process ended: `killed`, `completes`, or its message."""
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reader)
        try:
            strike(task)
            message = "completes"
        except (FunnelError, OSError) as error:
            message = f"{type(error).__name__}: {error}"
        os.write(writer, message.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as pipe:
        message = pipe.read()
    _, status = os.waitpid(process, 0)
    code = os.waitstatus_to_exitcode(status)
    return "killed" if code == -signal.SIGKILL else message if code == 0 else f"ended with {code}"


def warm_up() -> None:
    """dlt and dbt import the rest of themselves in their first run; in a child it would be lost."""
    with tempfile.TemporaryDirectory() as folder:
        project = toy_project.write_project(Path(folder) / "project")
        toy_project.write_landing(project / "landing")
        run(settings_of(project), "build")


if __name__ == "__main__":
    building.audit = no_audit
    warm_up()
    for line in sys.stdin:
        print(json.dumps(ended(json.loads(line))), flush=True)
