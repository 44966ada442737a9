"""A process that synchronises and is killed (SIGKILL) at one call of one function.

usage: killed_sync.py WAREHOUSE FUNCTION {before,after} NTH_CALL   (FUNNEL_POSTGRES has the URL)
"""

import os
import sys
from pathlib import Path

from pydantic import SecretStr
from support.killed_publish import kill_at

from orchestration.releases.postgres import Target, sync
from orchestration.warehouse.paths import Warehouse

if __name__ == "__main__":
    _, folder, function, moment, nth_call = sys.argv
    kill_at(function, moment, int(nth_call))
    sync(Warehouse(Path(folder)), Target(SecretStr(os.environ["FUNNEL_POSTGRES"])))
