"""A process that erases Ada and is killed (SIGKILL) at one call of one function.

usage: killed_erasure.py PROJECT FUNCTION {before,after} NTH_CALL
"""

import sys
from pathlib import Path

from killed_publish import kill_at
from town import TRACES, settings_of

from orchestration.erasing import erase, find

if __name__ == "__main__":
    _, folder, function, moment, nth_call = sys.argv
    project = Path(folder)
    person = find(settings_of(project), lead_id=TRACES[0])
    kill_at(function, moment, int(nth_call))
    erase(settings_of(project), person, project_dir=project, echo=lambda _: None)
