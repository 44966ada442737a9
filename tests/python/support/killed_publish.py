"""A process that publishes and is killed (SIGKILL) at one call of one function.

usage: killed_publish.py WAREHOUSE FUNCTION {before,after} NTH_CALL KEEP
"""

import importlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

from orchestration.releases import publish
from orchestration.warehouse.paths import Warehouse
from support.generations import PROVENANCE


def kill_at(function: str, moment: str, nth_call: int) -> None:
    """Replace a function (`module:name` or `module:Class.name`) by one that kills this process."""
    module, _, path = function.partition(":")
    *owners, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    real = getattr(owner, name)
    calls = 0

    def killing(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == nth_call and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*args, **kwargs)
        if calls == nth_call:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, killing)


if __name__ == "__main__":
    _, folder, function, moment, nth_call, keep = sys.argv
    kill_at(function, moment, int(nth_call))
    publish(Warehouse(Path(folder)), keep=int(keep), provenance=PROVENANCE, parquet=True)
