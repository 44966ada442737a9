"""A clone of the project, for sources and rules of a test's own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from orchestration.contract import PROJECT_DIR

PARTS = (
    *("dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "tests"),
    *("orchestration", "simulator"),
)
OMITTED = shutil.ignore_patterns("__pycache__", "python")


def clone_project(clone: Path) -> Path:
    """Copy what dbt and `funnel` need into the folder `clone`, which is made."""
    for part in PARTS:
        path = PROJECT_DIR / part
        if path.is_dir():
            shutil.copytree(path, clone / part, ignore=OMITTED)
        else:
            clone.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, clone / part)
    return clone


def lay_source(clone: Path, landing: Path, source: Path) -> None:
    """Put the models of the folder `source` into the clone, and its files into the landing folder."""
    shutil.copytree(source / "models", clone / "models" / "staging" / source.name)
    if (source / "landing").is_dir():
        shutil.copytree(source / "landing", landing / source.name)


def run_in_clone(clone: Path, *program: str) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments in the clone, whose packages it imports."""
    return subprocess.run(
        [sys.executable, *program],
        cwd=clone,
        env={**os.environ, "PYTHONPATH": str(clone)},
        capture_output=True,
        text=True,
        check=False,
    )
