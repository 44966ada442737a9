"""A dbt project of one source: its mappings and the few models that judge them.

It has links to the real project's files. dbt parses it in a fraction of the time, keeps that where
the folder stays (`target/source_check/<source>`), and the real project's parse is not touched.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import chdir, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, cast

from orchestration.build.dbt import close_database, environment_of_dbt, vars_arguments
from orchestration.build.failing_values import failing_values
from orchestration.build.failure import FAILED
from orchestration.contract import PROJECT_DIR, filled_tables
from orchestration.errors import FunnelError
from orchestration.mapping_sql import Mappings
from orchestration.settings import Settings
from orchestration.warehouse.paths import Warehouse

if TYPE_CHECKING:
    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest

FOLDER = Path("target") / "source_check"
WHOLE = ("dbt_project.yml", "profiles.yml", "macros", "seeds", "tests/generic", "models/_docs.md")
WORDS = (
    "models/intermediate/stages/int_stage_map.sql",
    "models/intermediate/people/int_lead_mechanisms.sql",
)
"""What the words of the source mean as stages and origins, together with the company's seeds."""
EXPORTS = (
    "models/intermediate/landed/int_landed_files.sql",
    "models/intermediate/landed/int_whole_exports.sql",
)
"""What the newest whole export of a table no longer holds is deleted."""
CONTRACT = "models/staging/files/_files__sources.yml"
INPUTS = (
    "dbt_project.yml",
    "macros/**/*.sql",
    "orchestration/contract.py",
    "orchestration/build/*.py",
    CONTRACT,
)
"""What a mapping is compiled and judged with, beside the folder of its source."""
FIRST_ZONE = "Pacific/Kiritimati"
"""The zone in which every day begins first: as reporting zone it moves no day to a later start."""
COMPILED = "mappings.json"
"""File with the compiled mappings of a source, and what they were made from."""
SELECTED = (
    "--resource-type",
    "model",
    "--resource-type",
    "seed",
    "--select",
    "+resource_type:model",
)


class MappingError(FunnelError):
    """A mapping of the source cannot be run."""


def folder_of(source: str) -> Path:
    """The folder of the source's project that stays."""
    return PROJECT_DIR / FOLDER / source


def make_project(project: Path, *sources: str) -> Path:
    """The project of one source or several in a folder, with links to the files of today."""
    for part in ("models", "tests"):
        shutil.rmtree(project / part, ignore_errors=True)
    staging = PROJECT_DIR / "models" / "staging"
    versioned = PROJECT_DIR / "models" / "intermediate" / "landed"
    files = [
        *(PROJECT_DIR / part for part in (*WHOLE, *WORDS, *EXPORTS, CONTRACT)),
        *(
            path
            for source in sources
            for path in (staging / source).rglob("*")
            if path.suffix in (".sql", ".yml")
        ),
        *(
            versioned / f"int_{table}_versioned.sql"
            for source in sources
            for table in filled_tables(source)
        ),
    ]
    for path in dict.fromkeys(files):
        link = project / path.relative_to(PROJECT_DIR)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(path)
    return project


def parse(settings: Settings, project: Path) -> "Manifest":
    """The project as dbt parses it, for the only source of `settings`; needs no database.

    Raises:
        MappingError: says what cannot be parsed.
    """
    return cast("Manifest", _invoke(settings, project, "parse").result)


def run_mappings(settings: Settings, project: Path, manifest: "Manifest") -> dict[str, str]:
    """Run the mappings of the only source of `settings` on its raw tables in the work database.

    Gives their compiled SQL by contract table.

    Raises:
        MappingError: says which model fails and why.
    """
    outcome = _invoke(settings, project, "build", *SELECTED, manifest=manifest)
    compiled = {node.node.name: node.node for node in cast("RunExecutionResult", outcome.result)}
    source = settings.sources[0]
    return {
        table: str(getattr(compiled[f"stg_{source}__{table}"], "compiled_code", ""))
        for table in filled_tables(source)
    }


def compile_mappings(settings: Settings, sources: Sequence[str]) -> dict[str, dict[str, str]]:
    """The compiled SQL of mappings, by source and contract table; needs no database.

    dbt runs in a process and a folder of its own, beside whatever else uses it.

    Raises:
        MappingError: says what cannot be compiled.
    """
    with TemporaryDirectory(prefix="mappings_") as folder:
        project = make_project(Path(folder), *sources)
        scratch = project / "warehouse"
        (scratch / "build").mkdir(parents=True)
        within = settings.model_copy(update={"sources": tuple(sources), "warehouse": scratch})
        command = [
            *(sys.executable, "-m", "dbt.cli.main", "--quiet", "--no-use-colors", "compile"),
            *("--project-dir", str(project), "--profiles-dir", str(project)),
            *("--target-path", str(project / "target"), "--log-path", str(project / "logs")),
            *("--target", "demo", "--no-populate-cache"),
            *("--select", *(f"path:models/staging/{source}" for source in sources)),
            *vars_arguments(within, project, reporting_time_zone=FIRST_ZONE),
        ]
        with environment_of_dbt(within, project):
            done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
        if done.returncode:
            raise MappingError(
                f"The models of source(s) {', '.join(sources)} cannot be compiled.\n"
                + done.stdout.strip()
            )
        models = project / "target" / "compiled"
        return {
            source: {
                table: next(models.rglob(f"stg_{source}__{table}.sql")).read_text(encoding="utf-8")
                for table in filled_tables(source)
            }
            for source in sources
        }


def mappings_of(settings: Settings, sources: Sequence[str]) -> dict[str, dict[str, str]]:
    """The compiled SQL of mappings, by source and contract table.

    A day stands for its first moment in the zone of its source, whatever the reporting zone is.
    Mappings that did not change are not compiled again.

    Raises:
        MappingError: a mapping cannot be compiled.
    """
    made_from: dict[str, list[object]] = {
        source: [checksum(source), settings.formats] for source in sources
    }
    known = {source: _compiled_before(source, made_from[source]) for source in sources}
    new = [source for source, mappings in known.items() if mappings is None]
    compiled = compile_mappings(settings, new) if new else {}
    for source, mappings in compiled.items():
        with suppress(OSError):  # where it cannot be written, the next one compiles again
            folder_of(source).mkdir(parents=True, exist_ok=True)
            (folder_of(source) / COMPILED).write_text(
                json.dumps({"made_from": made_from[source], "mappings": mappings}), encoding="utf-8"
            )
    return {source: known[source] or compiled[source] for source in sources}


def _compiled_before(source: str, made_from: list[object]) -> dict[str, str] | None:
    with suppress(OSError, ValueError):
        found = json.loads((folder_of(source) / COMPILED).read_text(encoding="utf-8"))
        if found["made_from"] == made_from:
            return dict(found["mappings"])
    return None


def compiled_for(settings: Settings) -> Mappings:
    """`mappings_of` one source, for whoever asks for it later."""
    return lambda source: mappings_of(settings, [source])[source]


def checksum(source: str) -> str:
    """Checksum of all that the mappings of a source are made of."""
    patterns = (*INPUTS, f"models/staging/{source}/**/*")
    paths = {path for pattern in patterns for path in PROJECT_DIR.glob(pattern) if path.is_file()}
    found = hashlib.sha256()
    for path in sorted(paths):
        found.update(f"{path.relative_to(PROJECT_DIR)}\0".encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def _invoke(
    settings: Settings, project: Path, *command: str, manifest: "Manifest | None" = None
) -> "dbtRunnerResult":
    from dbt.cli.main import dbtRunner  # noqa: PLC0415  (seconds to import)

    arguments = [
        *("--log-level", "none", "--no-write-json", *command),
        *("--project-dir", str(project), "--profiles-dir", str(project)),
        # a folder that is set in the environment is that of the real project
        *("--target-path", str(project / "target"), "--log-path", str(project / "logs")),
        *("--target", "demo"),
        *vars_arguments(settings, project),
    ]
    with environment_of_dbt(settings, project), chdir(project):
        try:
            outcome = dbtRunner(manifest=manifest).invoke(arguments)
        finally:
            close_database()
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise outcome.exception
    if not outcome.success:
        results = getattr(outcome.result, "results", ())
        failed = [
            f"{result.node.original_file_path}: {str(result.message).strip()}"
            for result in results
            if result.status in FAILED
        ]
        nodes = [
            node
            for result in results
            if result.status in FAILED
            for node in result.node.depends_on.nodes
        ]
        failed += failing_values(Warehouse(settings.warehouse).work_database, nodes)
        raise MappingError(
            f"The models of source '{settings.sources[0]}' cannot be run.\n"
            + "\n".join(failed or [str(outcome.exception)])
        )
    return outcome
