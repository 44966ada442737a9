"""Erases Ada in processes that are killed one after the other: `killed_erasure.py PROJECT`.

Each goes on where the one before was killed, until the last comes through. Prints per moment how
its process ended, after which readers had a whole release. A process is forked per moment, because
dbt and dlt take seconds to import.
"""

import os
import sys
from pathlib import Path

import dbt.cli.main  # noqa: F401
import dlt  # noqa: F401
import great_expectations  # noqa: F401
from support.killed_publish import kill_at
from town import TRACES, build_town, load_town, settings_of, warehouse_of

from orchestration.build.erase import erase, find
from orchestration.releases import verify

ERASURE = "orchestration.erasure"
MOMENTS = (
    (f"{ERASURE}.requests:_scrub", "after", 1),
    (f"{ERASURE}.register:Register.record", "before", 1),
    (f"{ERASURE}.register:Register.record", "after", 1),
    (f"{ERASURE}.releases:_rewrite", "after", 1),
    (f"{ERASURE}.releases:remove", "after", 1),
    (f"{ERASURE}.releases:seal", "after", 1),
    (f"{ERASURE}.releases:flip", "after", 1),
    (f"{ERASURE}.releases:remove", "before", 1),
    (f"{ERASURE}.releases:remove", "after", 1),
    (f"{ERASURE}.releases:flip", "after", 2),
    (f"{ERASURE}.execution:_rewrite_database", "before", 1),
    (f"{ERASURE}.execution:_copy_raw_schemas", "after", 1),
    (f"{ERASURE}.execution:_rewrite_database", "after", 1),
    (f"{ERASURE}.register:Register.record", "before", 1),
    (f"{ERASURE}.register:Register.record", "after", 1),
    ("orchestration.build.build:transform", "before", 1),
    ("orchestration.build.held_warehouse:publish", "before", 1),
    (f"{ERASURE}.register:Register.record", "before", 1),
)
"""Function, before or after, and which call of the process."""

REQUESTED = 3
CARRIED_OUT = 15
"""So many processes begin with a request, and so many carry it out; those after them build."""


def run(project: Path, number: int) -> None:
    if number < REQUESTED:
        person = find(settings_of(project), lead_id=TRACES[0])
        kill_at(*MOMENTS[number])
        erase(settings_of(project), person, project_dir=project, echo=lambda _: None)
    elif number < CARRIED_OUT:
        kill_at(*MOMENTS[number])
        load_town(project)
    else:
        kill_at(*MOMENTS[number])
        build_town(project)


if __name__ == "__main__":
    project = Path(sys.argv[1])
    for number, moment in enumerate(MOMENTS):
        process = os.fork()
        if process == 0:
            run(project, number)
            os._exit(0)
        _, status = os.waitpid(process, 0)
        verify(warehouse_of(project).current)
        print(*moment, os.waitstatus_to_exitcode(status), flush=True)
