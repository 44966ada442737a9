"""An erasure that is killed at every step, one after the other, still comes to its end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from killed_erasure import MOMENTS
from town import TRACES, build_town, warehouse_of

from orchestration.erasure import Register, search
from orchestration.publishing import current_release_id, release_ids, verify


def test_killed_at_every_step_the_next_run_goes_on(town: Path) -> None:
    warehouse = warehouse_of(town)
    kept = release_ids(warehouse)
    (warehouse.root / "report.txt").write_text(TRACES[0])
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("killed_erasure.py")), str(town)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [line.split()[-1] for line in done.stdout.splitlines()] == [str(-signal.SIGKILL)] * len(
        MOMENTS
    ), done.stdout + done.stderr
    # what readers have is whole all the while
    assert verify(warehouse.current).release_id == current_release_id(warehouse)

    build_town(town)

    assert search(warehouse.root, TRACES) == []
    assert Register(warehouse).open_requests("completed") == []
    assert set(kept) < set(release_ids(warehouse))
    for release_id in release_ids(warehouse):
        verify(warehouse.releases_dir / release_id)
    left = [path.name for path in warehouse.releases_dir.iterdir()]
    assert sorted(left) == release_ids(warehouse)
