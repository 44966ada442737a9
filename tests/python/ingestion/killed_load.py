"""Runs loads that are killed at a given moment: `killed_load.py FOLDER MOMENT...`.

Each load is that of the trial in `FOLDER/MOMENT`; "one moment, then another" are two loads. Prints
per load how its process ended. A process is forked per load, because dlt takes seconds to import.
"""

import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"

from dlt.destinations.impl.duckdb.duck import DuckDbClient, DuckDbCopyJob
from dlt.pipeline.pipeline import Pipeline
from support.loader_trial import LEADS, Trial

from orchestration.ingestion import ledger, loader


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def patch(owner: Any, name: str, *, before: int = 0, after: int = 0) -> None:
    """Dies before or after the n-th call of a function."""
    function: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        call = calls
        if call == before:
            die()
        result = function(*args, **kwargs)
        if call == after:
            die()
        return result

    setattr(owner, name, counted)


MOMENTS: dict[str, Callable[[], None]] = {
    "while files are read": lambda: patch(loader, "read_file", after=2),
    "files are read": lambda: patch(loader, "append", before=1),
    "rows are extracted": lambda: patch(Pipeline, "extract", after=1),
    "rows are normalised": lambda: patch(Pipeline, "normalize", after=1),
    "tables are made": lambda: patch(DuckDbCopyJob, "run", before=1),
    "one table has its rows": lambda: patch(DuckDbCopyJob, "run", after=1),
    "two tables have their rows": lambda: patch(DuckDbCopyJob, "run", after=2),
    "all tables have their rows": lambda: patch(DuckDbClient, "complete_load", before=1),
    "the load is listed": lambda: patch(DuckDbClient, "complete_load", after=1),
    "dlt is done": lambda: patch(ledger, "repair", before=2),
}


def arm(moment: str) -> None:
    """A moment of `MOMENTS`, or a number of milliseconds."""
    if moment in MOMENTS:
        MOMENTS[moment]()
    else:
        threading.Timer(int(moment) / 1000, die).start()


def main(folder: str, *moments: str) -> None:
    with tempfile.TemporaryDirectory() as warm_up:
        # dlt imports the rest of itself at its first load
        trial = Trial(Path(warm_up))
        trial.land("leads/a.csv", LEADS)
        trial.load()
    for name in moments:
        for moment in name.split(", then "):
            process = os.fork()
            if process == 0:
                arm(moment)
                Trial(Path(folder, name)).load()
                os._exit(0)
            _, status = os.waitpid(process, 0)
            print(f"{moment}: {os.waitstatus_to_exitcode(status)}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
