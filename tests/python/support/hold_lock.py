"""A process that holds a warehouse's lock until its input ends.

usage: hold_lock.py WAREHOUSE COMMAND
"""

import sys
from pathlib import Path

from orchestration.warehouse.lock import exclusive
from orchestration.warehouse.paths import Warehouse

if __name__ == "__main__":
    with exclusive(Warehouse(Path(sys.argv[1])), sys.argv[2]):
        print("held", flush=True)
        sys.stdin.read()
