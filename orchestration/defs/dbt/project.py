"""The dbt project as Dagster sees it: its manifest is made once, not at each load."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from dagster_dbt import DbtProject

from orchestration.build.dbt import environment_of_dbt, vars_arguments
from orchestration.contract import PROJECT_DIR
from orchestration.settings import Settings

PARSED = ("models/**/*", "macros/**/*.sql", "seeds/**/*", "tests/*.*", "tests/generic/*")
"""What dbt parses, beside its two project files."""


def prepared_project(settings: Settings) -> DbtProject:
    """The project with an up-to-date manifest; dbt parses only where a file is newer than that.

    Manifests lie in a folder per set of vars, because vars decide which models there are.
    """
    variables = vars_arguments(settings)
    folder = hashlib.sha256(" ".join(variables).encode()).hexdigest()[:8]
    project = DbtProject(
        PROJECT_DIR,
        target_path=Path(os.environ.get("DBT_TARGET_PATH", "target")) / "dagster" / folder,
        prepare_project_cli_args=["parse", "--quiet", *variables],
    )
    if is_stale(project.manifest_path):
        with environment_of_dbt(settings):
            project.preparer.prepare(project)
    return project


def is_stale(manifest: Path, project_dir: Path = PROJECT_DIR) -> bool:
    """True if there is no manifest, or the project changed after it was made."""
    if not manifest.is_file():
        return True
    made = manifest.stat().st_mtime
    return any(path.stat().st_mtime > made for path in _parsed_files(project_dir))


def _parsed_files(project_dir: Path) -> Iterator[Path]:
    yield from (project_dir / "dbt_project.yml", project_dir / "profiles.yml")
    for pattern in PARSED:
        yield from project_dir.glob(pattern)
