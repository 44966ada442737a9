"""A server of runs that faults can strike, and a small project that was built once."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from canary import SECRETS
from support import toy_project

Run = Callable[..., str]


@pytest.fixture(scope="session")
def run() -> Iterator[Run]:
    """`run(project, command, fault, at)` makes a run and gives how it ended."""
    script = Path(__file__).with_name("struck_run.py")
    environment = {name: value for name, value in os.environ.items() if name[:6] != "FUNNEL"}
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment | SECRETS,
    ) as server:

        def ask(
            project: Path,
            command: str,
            fault: str = "none",
            at: str = "start",
            is_audited: bool = False,
        ) -> str:
            assert server.stdin and server.stdout
            task = {"project": str(project), "command": command, "fault": fault, "at": at}
            server.stdin.write(json.dumps(task | {"is_audited": is_audited}) + "\n")
            server.stdin.flush()
            ended = server.stdout.readline()
            assert ended, "the server of runs died"
            return str(json.loads(ended))

        yield ask


@pytest.fixture(scope="session")
def built(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one release of two leads; only to be copied."""
    project = toy_project.write_project(tmp_path_factory.mktemp("toy") / "project")
    toy_project.write_landing(project / "landing")
    assert run(project, "build") == "completes"
    return project
