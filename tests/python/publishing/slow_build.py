"""A process that builds a project, as `funnel build` does.

usage: slow_build.py build PROJECT
"""

import signal
from pathlib import Path

from orchestration.build.build import build
from orchestration.cli.application import app
from orchestration.settings import load_settings


@app.command("build")
def slow_build(project: Path) -> None:
    """Build, with a line for each node that has ended."""
    folders = {"landing": project / "landing", "warehouse": project / "warehouse"}
    build(
        load_settings({"sources": "files", **folders}),
        project_dir=project,
        echo=lambda line: print(line, flush=True),
        progress=lambda _done, _total, name: print(name, flush=True),
    )


if __name__ == "__main__":
    # a process that was started in the background ignores it
    signal.signal(signal.SIGINT, signal.default_int_handler)
    app()
