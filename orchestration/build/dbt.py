"""The dbt build of the work database, in this process: whatever ends the process ends dbt.

Only a first parse may run beside it; that touches no data.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.build.child import ends_with_this_process
from orchestration.build.failure import RESULTS_FILE, describe_failure
from orchestration.contract import PROJECT_DIR, contract_tables, filled_tables
from orchestration.errors import FunnelError
from orchestration.settings import Settings, project_vars, reporting_time_zone
from orchestration.warehouse.paths import Warehouse

if TYPE_CHECKING:
    from dbt_common.events.base_types import EventMsg

EXCLUDED = ("unit_test",)
"""Resource types that a build leaves out: unit tests judge the code, not the data."""
PARTIAL_PARSE = "partial_parse.msgpack"
"""The file in which dbt keeps what it parsed."""


Progress = Callable[[int, int, str], None]
"""Told how many seeds, models and tests have ended, of how many, and the name of the last one."""


class TransformError(FunnelError):
    """dbt could not run, or a model or test failed."""


def transform(
    settings: Settings,
    *,
    project_dir: Path = PROJECT_DIR,
    full_refresh: bool = False,
    verbose: bool = False,
    progress: Progress = lambda *_: None,
) -> None:
    """Run `dbt build` on the work database and close it again.

    Raises:
        TransformError: says which nodes failed, why, with how many rows, and where to look.
    """
    from dbt.cli.main import dbtRunner  # noqa: PLC0415  (1 s to import)

    target = project_dir / os.environ.get("DBT_TARGET_PATH", "target")
    (target / RESULTS_FILE).unlink(missing_ok=True)
    runner = dbtRunner(callbacks=[_node_counter(progress)])
    arguments = dbt_arguments(settings, project_dir, full_refresh=full_refresh, verbose=verbose)
    with environment_of_dbt(settings, project_dir), chdir(project_dir):
        try:
            outcome = runner.invoke(arguments)
        finally:
            close_database()
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise outcome.exception
    if not outcome.success:
        failure = describe_failure(target, Warehouse(settings.warehouse).work_database)
        log = project_dir / os.environ.get("DBT_LOG_PATH", "logs") / "dbt.log"
        could_not_run = f"dbt could not run: {outcome.exception}\nNothing was published."
        raise TransformError(f"{failure or could_not_run}\nLog: {log}")


@contextmanager
def parsed_meanwhile(settings: Settings, project_dir: Path = PROJECT_DIR) -> Iterator[None]:
    """Have the project parsed by another process while the block runs, where it never was.

    dbt finds it parsed afterwards; what it says of one that cannot be parsed, `transform` tells.
    """
    target = project_dir / os.environ.get("DBT_TARGET_PATH", "target")
    if (target / PARTIAL_PARSE).is_file():
        yield
        return
    folders = ["--project-dir", str(project_dir), "--profiles-dir", str(project_dir)]
    parse = [sys.executable, "-m", "dbt.cli.main", "parse", *folders]
    with environment_of_dbt(settings, project_dir):
        process = subprocess.Popen(
            [*parse, *vars_arguments(settings, project_dir)],
            cwd=project_dir,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    with ends_with_this_process(process):
        yield
        process.wait()


def dbt_arguments(
    settings: Settings, project_dir: Path, *, full_refresh: bool = False, verbose: bool = False
) -> list[str]:
    """The command line of `dbt build` on these settings."""
    return [
        *([] if verbose else ["--log-level", "none"]),
        "build",
        *(word for kind in EXCLUDED for word in ("--exclude-resource-type", kind)),
        *("--project-dir", str(project_dir), "--profiles-dir", str(project_dir)),
        *vars_arguments(settings, project_dir),
        *(["--full-refresh"] if full_refresh else []),
    ]


def vars_arguments(
    settings: Settings, project_dir: Path = PROJECT_DIR, **others: object
) -> list[str]:
    """The part of a dbt command line that sets vars; empty where the project's own will do."""
    changed = dbt_vars(settings, project_vars(project_dir)) | others
    return ["--vars", json.dumps(changed)] if changed else []


def dbt_vars(settings: Settings, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The vars that differ from the project's; a change makes dbt parse everything again."""
    wanted: dict[str, Any] = {"lead_sources": _lead_sources(settings.sources)}
    if settings.formats:
        wanted["source_formats"] = settings.formats
    zone = reporting_time_zone(
        settings.sources, settings.formats, defaults.get("reporting_time_zone")
    )
    if zone != "UTC":
        wanted["reporting_time_zone"] = zone
    return {name: value for name, value in wanted.items() if value != defaults.get(name)}


def _lead_sources(sources: Sequence[str]) -> list[str] | dict[str, str]:
    """The sources, each with the tables that it fills; their names alone where those are all."""
    filled = {source: filled_tables(source) for source in sources}
    if all(set(tables) == contract_tables().keys() for tables in filled.values()):
        return list(sources)
    return {source: " ".join(tables) for source, tables in filled.items()}


@contextmanager
def environment_of_dbt(settings: Settings, project_dir: Path = PROJECT_DIR) -> Iterator[None]:
    """Tell dbt, in the environment of this process, which warehouse it builds as of when.

    dbt changes into the project, and a changed path makes it parse everything again: inside the
    project the path is the relative one that a plain `dbt build` has.
    """
    warehouse = settings.warehouse
    inside = warehouse.is_relative_to(project_dir)
    path = warehouse.relative_to(project_dir) if inside else warehouse
    wanted = {
        "FUNNEL_WAREHOUSE": str(path),
        "FUNNEL_MEMORY": settings.memory,
        "FUNNEL_DBT_AS_OF": settings.as_of.isoformat(sep=" ") if settings.as_of else "",
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ |= wanted
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def close_database() -> None:
    """Close what dbt-duckdb keeps open in this process; the publication could not read it."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415

    # close_all_connections only forgets the environment, whose file stays open while any thread
    # refers to it; then the file can be opened with the same options alone
    if DuckDBConnectionManager._ENV is not None:
        DuckDBConnectionManager._ENV.close()
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


def _node_counter(progress: Progress) -> Callable[["EventMsg"], None]:
    done, total = 0, 0
    lock = threading.Lock()

    def listen(event: "EventMsg") -> None:
        nonlocal done, total
        with lock:
            if event.info.name == "LogStartLine":
                total = event.data.total
            elif event.info.name == "NodeFinished":
                done += 1
                progress(done, max(done, total), event.data.node_info.node_name)

    return listen
