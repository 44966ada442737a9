"""The dbt project beside a warehouse: a path that dbt knows already spares it a parse.

dbt parses everything again where the path of the database or a var changed. Inside the project
that path is a relative one (`environment_of_dbt`): a project whose warehouse is `warehouse` can
take what was parsed for another one.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from orchestration.build.dbt import PARTIAL_PARSE
from orchestration.contract import PROJECT_DIR
from support.shared import once

PARTS = (
    *("dbt_project.yml", ".dbtignore", "profiles.yml"),
    *("models", "macros", "seeds", "tests"),
)


def project_beside(warehouse: Path) -> Path:
    """The folder of the warehouse, as a project: links to the real one's files."""
    project = warehouse.parent
    project.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        if not (project / part).exists():
            (project / part).symlink_to(PROJECT_DIR / part)
    return project


def parsed_project(shared: Path, variables: Sequence[str] = ()) -> Path:
    """dbt's target folder after a parse with these `--vars`, made once for all workers."""

    def parse(folder: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "dbt.cli.main", "--quiet", "parse", *variables],
            cwd=project_beside(folder / "warehouse"),
            env={**os.environ, "FUNNEL_WAREHOUSE": "warehouse", "FUNNEL_DBT_AS_OF": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    return once(shared / f"parsed-{key_of(variables)}", parse) / "target"


def key_of(variables: Sequence[str] = ()) -> str:
    """The name of a set of vars, as `orchestration.defs.dbt.project` has it."""
    return hashlib.sha256(" ".join(variables).encode()).hexdigest()[:8]


def lay_parsed(parsed: Path, target: Path) -> None:
    """Give the target folder of an equal project the parse, unless it has one of its own."""
    target.mkdir(parents=True, exist_ok=True)
    if not (target / PARTIAL_PARSE).exists():
        for name in (PARTIAL_PARSE, "manifest.json"):
            shutil.copy(parsed / name, target)
