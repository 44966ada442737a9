"""A clone of the project, for sources of a test's own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from orchestration.contract import PROJECT_DIR

PARTS = (
    *("dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "tests"),
    *("orchestration", "simulator"),
)
OMITTED = shutil.ignore_patterns("__pycache__", "python")
CHECKS = """
import json, sys
from typer.testing import CliRunner
from orchestration.cli import app

landing, *sources = sys.argv[1:]
for source in sources:
    options = ["--landing", landing, "--json"]
    done = CliRunner().invoke(app, ["source", "check", source, *options])
    print(json.dumps({source: [done.exit_code, done.stdout or done.stderr]}))
"""


class Clone:
    """A copy of the project in `folder`, with a landing folder beside it."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "clone"
        self.landing = folder / "landing"
        self.warehouse = folder / "warehouse"
        self.project.mkdir(parents=True)
        for part in PARTS:
            path = PROJECT_DIR / part
            if path.is_dir():
                shutil.copytree(path, self.project / part, ignore=OMITTED)
            else:
                shutil.copy(path, self.project / part)

    def add_source(self, models: Path, name: str) -> None:
        """Make a folder of models the folder of the source `name`."""
        shutil.copytree(models, self.project / "models" / "staging" / name)

    def run(self, *program: str) -> str:
        """What Python prints, run with these arguments in the clone, whose packages it imports."""
        done = subprocess.run(
            [sys.executable, *program],
            cwd=self.project,
            env={**os.environ, "PYTHONPATH": str(self.project)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def check_sources(self, sources: Sequence[str]) -> dict[str, tuple[int, dict[str, Any]]]:
        """Exit code and findings of `funnel source check` for each source, from one process."""
        printed = self.run("-c", CHECKS, str(self.landing), *sources)
        return {
            source: (exit_code, json.loads(findings))
            for line in printed.splitlines()
            for source, (exit_code, findings) in json.loads(line).items()
        }
