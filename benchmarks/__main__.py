"""`python -m benchmarks`: simulates companies of several sizes and measures each step of the build.

Every step runs in a process of its own; peak memory is the largest resident set of these.
"""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from orchestration.contract import PROJECT_DIR
from orchestration.simulator import SimulationConfig, simulate

COLUMNS = (
    "leads",
    "activities",
    "load",
    "dbt build",
    "straight SQL",
    "ratio",
    "publish",
    "peak memory",
    "release",
)


@dataclass(frozen=True)
class Measured:
    """What a process took: wall time in seconds, peak resident memory in GB."""

    seconds: float
    peak_gb: float


def measure(command: Sequence[str], environment: dict[str, str]) -> Measured:
    """Runs a command to its end, quietly.

    Raises:
        RuntimeError: it failed; its output is in the message.
    """
    with tempfile.TemporaryFile("w+") as output:
        start = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=PROJECT_DIR,
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        if status != 0:
            output.seek(0)
            raise RuntimeError(f"{' '.join(command)} failed:\n{output.read()[-4000:]}")
    return Measured(seconds, usage.ru_maxrss / 1024**2)


def measure_size(leads: int, activities_per_lead: int, scratch: Path) -> dict[str, str]:
    """One row of the table."""
    landing, warehouse, target = (scratch / name for name in ("landing", "warehouse", "target"))
    typer.echo(f"{leads:,} leads: simulating", err=True)
    summary = simulate(
        SimulationConfig(
            leads=leads, activities_per_lead=activities_per_lead, file_format="parquet"
        ),
        landing,
    )
    environment = {
        "FUNNEL_LANDING": str(landing),
        "FUNNEL_WAREHOUSE": str(warehouse),
        "FUNNEL_SOURCES": "files",
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(scratch / "logs"),
    }
    funnel = [sys.executable, "-c", "from orchestration.cli import app; app()"]
    dbt = [sys.executable, "-m", "dbt.cli.main"]

    typer.echo(f"{leads:,} leads: loading", err=True)
    load = measure([*funnel, "load"], environment)
    loaded = scratch / "straight" / "warehouse.duckdb"
    loaded.parent.mkdir()
    shutil.copy(warehouse / "build" / "warehouse.duckdb", loaded)

    typer.echo(f"{leads:,} leads: dbt build", err=True)
    measure([*dbt, "parse"], environment)
    build = measure([*dbt, "build", "--exclude-resource-type", "unit_test"], environment)

    typer.echo(f"{leads:,} leads: the same SQL, straight", err=True)
    straight = measure([sys.executable, "-m", "benchmarks.straight", str(loaded), str(target)], {})
    loaded.unlink()

    typer.echo(f"{leads:,} leads: publishing", err=True)
    publish = measure([*funnel, "publish", "--force"], environment)
    release = (warehouse / "current" / "warehouse.duckdb").stat().st_size
    peak = max(step.peak_gb for step in (load, build, publish))
    values = (
        f"{leads:,}",
        f"{summary.rows['activities']:,}",
        f"{load.seconds:.1f} s",
        f"{build.seconds:.1f} s",
        f"{straight.seconds:.1f} s",
        f"{build.seconds / straight.seconds:.2f}",
        f"{publish.seconds:.1f} s",
        f"{peak:.1f} GB",
        f"{release / 1e9:.2f} GB",
    )
    return dict(zip(COLUMNS, values, strict=True))


def machine() -> str:
    """Size of this machine and versions, in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, "
        f"Python {platform.python_version()}, DuckDB {duckdb.__version__}"
    )


def main(
    sizes: Annotated[str, typer.Option(help="Numbers of leads.")] = "10000,100000,1000000",
    activities: Annotated[int, typer.Option(help="Mean activities per lead.")] = 20,
    scratch: Annotated[
        Path | None, typer.Option(help="Folder for the trial data; removed afterwards.")
    ] = None,
) -> None:
    """Measure load, build and publish, and print a table."""
    rows = []
    for leads in (int(size) for size in sizes.split(",")):
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            rows.append(measure_size(leads, activities, Path(folder)))
    typer.echo(f"{machine()}\n")
    typer.echo(f"| {' | '.join(COLUMNS)} |")
    typer.echo(f"|{'---:|' * len(COLUMNS)}")
    for row in rows:
        typer.echo(f"| {' | '.join(row.values())} |")


if __name__ == "__main__":
    typer.run(main)
