"""A process that builds a project.

usage: slow_build.py PROJECT
"""

import sys
from pathlib import Path

from orchestration.build.build import build
from orchestration.settings import load_settings

if __name__ == "__main__":
    project = Path(sys.argv[1])
    folders = {"landing": project / "landing", "warehouse": project / "warehouse"}
    build(
        load_settings({"sources": "files", **folders}),
        project_dir=project,
        echo=lambda line: print(line, flush=True),
        progress=lambda _done, _total, name: print(name, flush=True),
    )
