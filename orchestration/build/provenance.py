"""Provenance of a build: code, rules and settings, to tell two releases apart."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from orchestration.build.dbt import dbt_vars
from orchestration.contract import PROJECT_DIR
from orchestration.releases import Provenance
from orchestration.settings import Settings, project_vars

CODE = ("models/**/*.sql", "models/**/*.yml", "macros/**/*.sql")
SOURCES = "models/staging/*/_*__sources.yml"
"""What lands from a source, its formats and its words: rules, though they lie among the code."""

NOT_A_RULE = "as_of"
"""The var that says up to when the data speaks; it moves with every build and has its own field."""


def provenance_of(settings: Settings, project_dir: Path = PROJECT_DIR) -> Provenance:
    """Provenance of a build with these settings; `as_of` is known once it is built."""
    return Provenance(
        project_version=version("lead_funnel"),
        git_commit=_git_commit(),
        sources=settings.sources,
        rules={
            **_seeds(project_dir),
            **_sources(settings, project_dir),
            **_variables(settings, project_dir),
        },
        code=_checksum(_code(project_dir)),
        is_pinned=settings.as_of is not None,
    )


def changed_rules(before: Provenance, now: Provenance) -> list[str]:
    """Names of the seeds, sources and vars that differ; empty where `before` recorded none."""
    if not before.rules:
        return []
    names = sorted(before.rules.keys() | now.rules.keys())
    return [name for name in names if before.rules.get(name) != now.rules.get(name)]


def is_code_changed(before: Provenance, now: Provenance) -> bool:
    """True if models or macros differ; False where `before` recorded none."""
    return before.code is not None and before.code != now.code


def _seeds(project_dir: Path) -> dict[str, str]:
    return {
        f"seed {path.stem}": _checksum([path])
        for path in sorted(project_dir.glob("seeds/**/*.csv"))
    }


def _sources(settings: Settings, project_dir: Path) -> dict[str, str]:
    return {
        f"source {path.parent.name}": _checksum([path])
        for path in sorted(project_dir.glob(SOURCES))
        if path.parent.name in settings.sources
    }


def _code(project_dir: Path) -> set[Path]:
    written = {path for pattern in CODE for path in project_dir.glob(pattern)}
    return written - set(project_dir.glob(SOURCES))


def _variables(settings: Settings, project_dir: Path) -> dict[str, str]:
    declared = project_vars(project_dir)
    in_force = {**declared, **dbt_vars(settings, declared)}
    in_force["reporting_time_zone"] = in_force.get("reporting_time_zone") or "UTC"
    return {
        f"var {name}": json.dumps(value, sort_keys=True)
        for name, value in sorted(in_force.items())
        if name != NOT_A_RULE
    }


def _checksum(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _git_commit() -> str | None:
    git = shutil.which("git")
    if git is None:
        return None
    described = subprocess.run(
        [git, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or None
