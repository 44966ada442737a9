"""A load that is killed at any moment loses and doubles nothing: the next one puts things right."""

import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from killed_load import MOMENTS
from support.loader_trial import ACTIVITIES, LEADS, Trial

SCRIPT = Path(__file__).with_name("killed_load.py")
KILLED = f": {-signal.SIGKILL}"
DELAYS = [str(milliseconds) for milliseconds in random.Random(7).sample(range(50, 700), 2)]
FIRST_LOAD = ["tables are made", "one table has its rows"]
LATER_LOAD = [*MOMENTS, ", then ".join([*MOMENTS][4:7]), *DELAYS]

WHAT_IS_LOADED = """
    select 'leads' as what, _source_file, _source_row, lead_id, _file_id, _load_error, shoe_size
    from raw_files.leads
    union all
    select 'activities', _source_file, _source_row, activity_id, _file_id, _load_error, null
    from raw_files.activities
    union all
    select 'ledger ' || table_name, source_file, row_count, sha256, file_id, error, null
    from raw_files.landed_files
    order by all
"""


def land_first(trial: Trial) -> None:
    trial.land("leads/a.csv", f"{LEADS}1,2024\n2,2024\n3\n")
    trial.land("leads/b.csv", "lead_id;created_at\n")
    trial.land("leads/c.csv", "lead_id,created_at,shoe_size\n4,2024,44\n")
    trial.land("activities/a.csv", ACTIVITIES + "".join(f"{i},call,2024\n" for i in range(5000)))


def land_more(trial: Trial) -> None:
    trial.land("leads/a.csv", f"{LEADS}1,2025\n5,2025\n")
    trial.land("leads/b.csv", f"{LEADS}6,2025\n")
    trial.land("leads/d.csv", "lead_id,created_at\tx\n")
    trial.land("leads/e.jsonl", '{"lead_id": 7, "created_at": 1, "shoe_size": 45, "hat_size": 9}\n')
    trial.land("activities/b.csv", ACTIVITIES + "".join(f"{i},call,2025\n" for i in range(5000)))


def make_trial(folder: Path, *, is_first_load: bool) -> Trial:
    """A trial with files that are not loaded yet, after an earlier load or without one."""
    trial = Trial(folder)
    land_first(trial)
    if not is_first_load:
        trial.load()
        land_more(trial)
    return trial


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trial per case and moment, killed at that moment, and one left unharmed."""
    folder = tmp_path_factory.mktemp("killed")
    for case, moments in {"first load": FIRST_LOAD, "later load": LATER_LOAD}.items():
        unharmed = make_trial(folder / case / "unharmed", is_first_load=case == "first load")
        for moment in moments:
            shutil.copytree(unharmed.folder, folder / case / moment)
        done = subprocess.run(
            [sys.executable, SCRIPT, folder / case, *moments],
            check=True,
            capture_output=True,
            text=True,
        )
        ends = done.stdout.splitlines()
        assert all(end.endswith(KILLED) or end.split(":")[0] in DELAYS for end in ends), ends
        unharmed.load()
    return folder


@pytest.mark.parametrize(
    ("case", "moment"),
    [("first load", moment) for moment in FIRST_LOAD]
    + [("later load", moment) for moment in LATER_LOAD],
)
def test_next_load_puts_a_killed_one_right(killed: Path, case: str, moment: str) -> None:
    expected = Trial(killed / case / "unharmed").query(WHAT_IS_LOADED)
    assert len(expected) > 5000
    trial = Trial(killed / case / moment)
    trial.load()
    assert trial.query(WHAT_IS_LOADED) == expected
    assert trial.load().loaded == ()
