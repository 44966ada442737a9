"""An erasure that is killed at every step, one after the other, still comes to its end."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from killed_erasure import CARRIED_OUT, MOMENTS, REQUESTED
from support.matrix import KILLED, Row
from town import TRACES, build_town, warehouse_of

from orchestration.erasure import Register, search
from orchestration.releases import release_ids, verify


def test_killed_at_every_step_the_next_run_goes_on(
    town: Path, matrix_row: Callable[[int, Row], None]
) -> None:
    for position, (function, when, nth) in enumerate(MOMENTS):
        step = f"erasure: {when} {function.rpartition(':')[2].lstrip('_')} ({nth})"
        matrix_row(position, Row("kill -9", step, KILLED, "a whole release", next_run(position)))
    warehouse = warehouse_of(town)
    kept = release_ids(warehouse)
    (warehouse.root / "report.txt").write_text(TRACES[0])
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("killed_erasure.py")), str(town)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [line.split()[-1] for line in done.stdout.splitlines()] == [str(-signal.SIGKILL)] * len(
        MOMENTS
    ), done.stdout + done.stderr
    build_town(town)

    assert search(warehouse.root, TRACES) == []
    assert Register(warehouse).open_requests("completed") == []
    assert set(kept) < set(release_ids(warehouse))
    for release_id in release_ids(warehouse):
        verify(warehouse.releases_dir / release_id)
    left = [path.name for path in warehouse.releases_dir.iterdir()]
    assert sorted(left) == release_ids(warehouse)


def next_run(position: int) -> str:
    """What goes on after the kill of that position."""
    if position < REQUESTED:
        return "funnel erase goes on"
    return "funnel load goes on" if position < CARRIED_OUT else "funnel build goes on"
