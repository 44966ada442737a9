"""Another program that has a database file open."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCRIPT = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); input(print('open'))"


@contextmanager
def held_open(database: Path) -> Iterator[int]:
    """Within it another process has `database` open for writing; gives that process's id."""
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "open\n"
        try:
            yield process.pid
        finally:
            process.kill()
