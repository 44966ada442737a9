"""`python -m benchmarks`: simulates companies of several sizes and measures each step of the build.

Every step runs in a process of its own, so that its peak memory is its own too. This process stays
small: a child starts with the peak of its parent.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.machine import machine, versions
from orchestration.contract import PROJECT_DIR

FUNNEL = [sys.executable, "-c", "from orchestration.cli import app; app()"]

FORMAT_ROWS = 100_000
"""Rows of the file in each format."""

SLOWEST = 8
"""Nodes that are listed, of the largest company."""


@dataclass(frozen=True)
class Measured:
    """Cost of a process: wall time in seconds, peak resident memory in GB, and its output."""

    seconds: float
    peak_gb: float
    output: str

    def __str__(self) -> str:
        return f"{self.seconds:,.1f} s, {self.peak_gb:.1f} GB"


@dataclass(frozen=True)
class SizeMeasured:
    """One size: a cell per column of the table, and the seconds of each node run straight."""

    cells: dict[str, str]
    node_seconds: dict[str, float]


def measure(command: Sequence[str | Path], environment: dict[str, str] | None = None) -> Measured:
    """Runs a command to its end, quietly.

    Raises:
        RuntimeError: it failed; the end of its output is in the message.
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        start = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=PROJECT_DIR,
            env=os.environ | (environment or {}),
            stdout=output,
            stderr=errors,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        output.seek(0)
        errors.seek(0)
        if status != 0:
            text = f"{output.read()[-4000:]}\n{errors.read()[-4000:]}"
            raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{text}")
        return Measured(seconds, usage.ru_maxrss / 1024**2, output.read())


def environment_of(scratch: Path, memory: str) -> dict[str, str]:
    """The settings of the company in `scratch`."""
    return {
        "FUNNEL_LANDING": str(scratch / "landing"),
        "FUNNEL_WAREHOUSE": str(scratch / "warehouse"),
        "FUNNEL_SOURCES": "files",
        "FUNNEL_TARGET": "prod",
        "FUNNEL_THREADS": "2",
        "FUNNEL_MEMORY": memory,
        "DBT_TARGET_PATH": str(scratch / "target"),
        "DBT_LOG_PATH": str(scratch / "logs"),
    }


def measure_scheduled(leads: int, memory: str, scratch: Path) -> str:
    """Extra cost of a Dagster run of the company in `scratch` over the command, as a sentence.

    The first run works out the lineage of columns too, as after every change of the models.
    """
    home = scratch / "dagster_home"
    home.mkdir()
    settings = (PROJECT_DIR / "dagster.yaml", PROJECT_DIR / "deploy" / "development.yaml")
    (home / "dagster.yaml").write_text("".join(path.read_text() for path in settings))
    environment = {**environment_of(scratch, memory), "DAGSTER_HOME": str(home)}
    dg = [sys.executable, "-c", "from dagster_dg_cli.cli import main; main()"]
    _say(leads, "the whole build, plain and by Dagster")
    plain = measure([*FUNNEL, "build"], environment)
    loading = measure([*dg, "check", "defs"], environment)
    first, run = (measure([*dg, "launch", "--job", "build"], environment) for _ in range(2))
    return (
        f"At {leads:,} leads, `funnel build` took {plain}; by Dagster {run}, "
        f"{run.seconds - plain.seconds:+,.1f} s (the first run {first}; manifest and definitions "
        f"{loading.seconds:,.1f} s)."
    )


def measure_size(leads: int, activities_per_lead: int, memory: str, scratch: Path) -> SizeMeasured:
    """Simulate a company in `scratch` and take it through every step."""
    landing, warehouse, target = (scratch / name for name in ("landing", "warehouse", "target"))
    environment = environment_of(scratch, memory)
    dbt = [sys.executable, "-m", "dbt.cli.main"]

    _say(leads, "simulating")
    asked = ("--leads", str(leads), "--activities-per-lead", str(activities_per_lead))
    measure([*FUNNEL, "simulate", *asked, "--format", "parquet"], environment)
    [written] = (landing / "_truth").glob("written_*.json")
    activities = json.loads(written.read_text(encoding="utf-8"))["rows"]["activities"]

    _say(leads, "loading")
    load = measure([*FUNNEL, "load"], environment)
    measure([*dbt, "run-operation", "create_published_tables"], environment)
    loaded = scratch / "straight" / "warehouse.duckdb"
    loaded.parent.mkdir()
    shutil.copy(warehouse / "build" / "warehouse.duckdb", loaded)

    _say(leads, "dbt build")
    build = measure([*dbt, "build", "--exclude-resource-type", "unit_test"], environment)

    _say(leads, "the same SQL, straight")
    straight = measure([sys.executable, "-m", "benchmarks.straight", loaded, target, memory])
    node_seconds = json.loads(straight.output)
    loaded.unlink()

    _say(leads, "publishing")
    publish = measure([*FUNNEL, "publish", "--force"], environment)
    release = (warehouse / "current" / "warehouse.duckdb").stat().st_size

    _say(leads, "the next build")
    following = measure([*FUNNEL, "build"], environment)
    cells = {
        "leads": f"{leads:,}",
        "activities": f"{activities:,}",
        "load": str(load),
        "dbt build": str(build),
        "straight SQL": str(straight),
        "of it tests": f"{sum(_tests(node_seconds).values()):,.1f} s",
        "ratio": f"{build.seconds / straight.seconds:.2f}",
        "publish": str(publish),
        "release": f"{release / 1e9:.2f} GB",
        "next build": str(following),
    }
    return SizeMeasured(cells, node_seconds)


def formats(rows: int, scratch: Path) -> Iterator[str]:
    """Lines of a table of the formats that can land: how fast each is read, beside DuckDB."""
    typer.echo(f"{rows:,} rows in each format", err=True)
    run = measure([sys.executable, "-m", "benchmarks.formats", str(rows), scratch])
    yield from table_head(("format", "MB", "loader", "rows per second", "DuckDB's reader"))
    for ending, found in json.loads(run.output).items():
        straight = "-" if found["duckdb"] is None else f"{found['duckdb']:,.2f} s"
        yield table_line(
            (
                f"`.{ending}`",
                f"{found['bytes'] / 1e6:,.1f}",
                f"{found['loader']:,.2f} s",
                f"{rows / found['loader']:,.0f}",
                straight,
            )
        )


def slowest(node_seconds: dict[str, float]) -> Iterator[str]:
    """Lines of a table of the nodes that took longest, with their share of all."""
    total = sum(node_seconds.values())
    longest = sorted(node_seconds.items(), key=lambda item: item[1], reverse=True)
    yield from table_head(("node", "seconds", "share"))
    for node, seconds in longest[:SLOWEST]:
        kind, _, name, *_ = node.split(".")
        yield table_line((f"{kind} `{name}`", f"{seconds:,.1f}", f"{seconds / total:.0%}"))


def table_head(names: Sequence[str]) -> tuple[str, str]:
    """The first two lines of a markdown table."""
    return table_line(names), f"|{'---:|' * len(names)}"


def table_line(cells: Sequence[str]) -> str:
    """One line of a markdown table."""
    return f"| {' | '.join(cells)} |"


def main(
    sizes: Annotated[str, typer.Option(help="Numbers of leads.")] = "5000,100000,1000000",
    activities: Annotated[int, typer.Option(help="Mean activities per lead.")] = 20,
    memory: Annotated[str, typer.Option(help="DuckDB's memory limit.")] = "7GB",
    scratch: Annotated[
        Path, typer.Option(help="Folder for the trial data, a folder per size.")
    ] = PROJECT_DIR / "target" / "benchmarks",
    keep: Annotated[bool, typer.Option(help="Keep the trial data.")] = False,
) -> None:
    """Measure load, build and publish, and print a table."""
    scratch = scratch.resolve()
    scratch.mkdir(parents=True, exist_ok=True)
    measured = []
    for leads in (int(size) for size in sizes.split(",")):
        with _folder(scratch / str(leads), keep=keep) as folder:
            measured.append(measure_size(leads, activities, memory, folder))
            if len(measured) == 1:
                # what Dagster costs does not depend on the size
                scheduled = measure_scheduled(leads, memory, folder)
    with _folder(scratch / "formats", keep=keep) as folder:
        by_format = [*formats(FORMAT_ROWS, folder)]
    lines = [
        f"Machine: {machine(scratch)}; DuckDB's limit in the build {memory}.",
        f"Versions: {versions()}.",
        "",
        *table_head(tuple(measured[0].cells)),
        *(table_line(tuple(size.cells.values())) for size in measured),
        "",
        scheduled,
        "",
        f"Slowest of the straight SQL at {measured[-1].cells['leads']} leads:",
        "",
        *slowest(measured[-1].node_seconds),
        "",
        f"Each format with {FORMAT_ROWS:,} leads of 10 columns:",
        "",
        *by_format,
    ]
    typer.echo("\n".join(lines))


@contextmanager
def _folder(path: Path, *, keep: bool) -> Iterator[Path]:
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    try:
        yield path
    finally:
        if not keep:
            shutil.rmtree(path)


def _tests(node_seconds: dict[str, float]) -> dict[str, float]:
    return {node: seconds for node, seconds in node_seconds.items() if node.startswith("test.")}


def _say(leads: int, step: str) -> None:
    typer.echo(f"{leads:,} leads: {step}", err=True)


if __name__ == "__main__":
    typer.run(main)
