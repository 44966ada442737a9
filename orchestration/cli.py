"""The command line `funnel`. A command imports what it needs when it runs: `--help` is quick."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import date
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from orchestration.errors import FunnelError

if TYPE_CHECKING:
    from orchestration.building import BuildReport
    from orchestration.publishing import Manifest
    from orchestration.reporting import ExampleQuery
    from orchestration.settings import Settings
    from orchestration.transforming import Progress

EXAMPLE_ROWS = 10
NAME_WIDTH = 40
INTERRUPTED = 130


class FunnelGroup(TyperGroup):
    """Ends an expected failure with its message and exit code, without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except FunnelError as error:
            if ctx.params.get("debug"):
                raise
            _fail(str(error), error.exit_code)
        except KeyboardInterrupt:
            _fail("Interrupted. The current release stays as it is.", INTERRUPTED)


app = typer.Typer(
    cls=FunnelGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The open lead-funnel warehouse: from landed files to published funnel marts.",
    epilog="A setting comes from its flag, else its variable FUNNEL_*, else funnel.toml in the "
    "current directory, else its default.",
)

Landing = Annotated[
    Path | None,
    typer.Option(help="Folder of the files to load. (FUNNEL_LANDING; default: landing)"),
]
WarehouseFolder = Annotated[
    Path | None,
    typer.Option(
        help="Folder of the work database and the releases. (FUNNEL_WAREHOUSE; default: warehouse)"
    ),
]
Sources = Annotated[
    str | None,
    typer.Option(
        help="Sources to load, separated by commas. "
        "(FUNNEL_SOURCES; default: lead_sources in dbt_project.yml)"
    ),
]
Keep = Annotated[
    int | None,
    typer.Option(help="Releases that stay, the new one included. (FUNNEL_KEEP; default: 5)"),
]
Parquet = Annotated[
    bool | None,
    typer.Option(
        "--parquet/--no-parquet",
        help="Publish a Parquet file per table too. (FUNNEL_PARQUET; default: no)",
    ),
]


class FileFormat(StrEnum):
    """Format of simulated files."""

    csv = "csv"
    parquet = "parquet"


def _day(given: str | date) -> date:
    """The parser gets the default too, which is a date already."""
    return given if isinstance(given, date) else date.fromisoformat(given)


@app.callback()
def main(
    show_version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Show the version and exit.",
            is_eager=True,
            callback=lambda wanted: _show_version() if wanted else None,
        ),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Options that come before the command."""


@app.command()
def simulate(
    *,
    leads: Annotated[int, typer.Option(help="Lead records, duplicates included.")] = 5000,
    months: Annotated[int, typer.Option(help="Months that the company is observed.")] = 18,
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 7,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to write. (FUNNEL_LANDING; default: landing)"),
    ] = None,
    start: Annotated[date, typer.Option(help="First day.", parser=_day, metavar="DATE")] = date(
        2024, 1, 1
    ),
    activities_per_lead: Annotated[
        float, typer.Option(help="Mean number of activities of a lead.")
    ] = 20.0,
    file_format: Annotated[
        FileFormat, typer.Option("--format", help="Format of the files.")
    ] = FileFormat.csv,
    from_: Annotated[
        date | None,
        typer.Option(
            "--from",
            help="First day of a later batch, written beside the earlier ones. (default: --start)",
            parser=_day,
            metavar="DATE",
        ),
    ] = None,
    until: Annotated[
        date | None,
        typer.Option(
            help="Day before which the batch ends. (default: the end)",
            parser=_day,
            metavar="DATE",
        ),
    ] = None,
    dirty_share: Annotated[float, typer.Option(help="Share of faulty rows, 0 to 0.5.")] = 0.002,
) -> None:
    """Write the landing files of a simulated company, and the truth that they were made from."""
    from orchestration.simulator import SimulationConfig  # noqa: PLC0415
    from orchestration.simulator import simulate as write_company  # noqa: PLC0415
    from orchestration.simulator.simulation import TRUTH_FOLDER  # noqa: PLC0415

    config = SimulationConfig(
        leads=leads,
        months=months,
        seed=seed,
        start=start,
        activities_per_lead=activities_per_lead,
        dirty_share=dirty_share,
        file_format=file_format.value,
        from_=from_,
        until=until,
    )
    folder = _settings(landing=out).landing
    _refuse_real_files(folder, folder / TRUTH_FOLDER)
    with _progress("leads") as progress:
        summary = write_company(config, folder, lambda done, total: progress(done, total, ""))
    typer.echo(
        f"Wrote {sum(summary.rows.values()):,} rows in {len(summary.files):,} files to {folder}; "
        f"the truth behind them is {summary.truth}."
    )


@app.command()
def load(
    landing: Landing = None, warehouse: WarehouseFolder = None, sources: Sources = None
) -> None:
    """Load new and changed files into the raw schemas of the work database."""
    from orchestration.building import load_only  # noqa: PLC0415
    from orchestration.reporting import load_notices  # noqa: PLC0415

    settings = _settings(landing=landing, warehouse=warehouse, sources=sources)
    report = load_only(settings, echo=typer.echo)
    _show_notices(load_notices(report))
    typer.echo(
        f"Loaded {report.row_count:,} rows from {len(report.loaded):,} files; "
        f"{report.skipped_count:,} files had been loaded before."
    )


@app.command()
def build(
    *,
    landing: Landing = None,
    warehouse: WarehouseFolder = None,
    sources: Sources = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            help="Latest moment that the data speaks for, in UTC. "
            "(FUNNEL_AS_OF; default: derived from the data)"
        ),
    ] = None,
    keep: Keep = None,
    parquet: Parquet = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Rebuild incremental models from nothing.")
    ] = False,
    no_publish: Annotated[
        bool, typer.Option("--no-publish", help="Stop after the tests; `funnel publish` goes on.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show dbt's own output instead of the progress.")
    ] = False,
) -> None:
    """Load, build and test every model, then publish. A failure publishes nothing."""
    from orchestration import building  # noqa: PLC0415

    settings = _settings(
        landing=landing,
        warehouse=warehouse,
        sources=sources,
        as_of=as_of,
        keep=keep,
        parquet=parquet,
    )
    with nullcontext(lambda *_: None) if verbose else _progress("models and tests") as progress:
        report = building.build(
            settings,
            full_refresh=full_refresh,
            with_publish=not no_publish,
            verbose=verbose,
            echo=typer.echo,
            progress=progress,
        )
    _show_report(settings, report)


@app.command()
def publish(
    warehouse: WarehouseFolder = None,
    sources: Sources = None,
    keep: Keep = None,
    parquet: Parquet = None,
    force: Annotated[
        bool, typer.Option("--force", help="Publish although the last build's tests say nothing.")
    ] = False,
) -> None:
    """Publish the work database as the last tested build left it."""
    from orchestration.building import publish_tested  # noqa: PLC0415

    settings = _settings(warehouse=warehouse, sources=sources, keep=keep, parquet=parquet)
    _show_release(settings, publish_tested(settings, force=force))


@app.command()
def rollback(
    warehouse: WarehouseFolder = None,
    to: Annotated[
        str | None, typer.Option(help="Id of a release. (default: the one before the current)")
    ] = None,
) -> None:
    """Make an earlier release current again, once its checksums are verified.

    The release left behind stays until the next publication, so that `--to` can return to it.
    """
    from orchestration import publishing  # noqa: PLC0415
    from orchestration.locking import exclusive  # noqa: PLC0415
    from orchestration.warehouse import Warehouse  # noqa: PLC0415

    settings = _settings(warehouse=warehouse)
    folder = Warehouse(settings.warehouse)
    with exclusive(folder, "funnel rollback"):
        manifest = publishing.rollback(folder, to)
    _show_release(settings, manifest)


@app.command()
def releases(warehouse: WarehouseFolder = None) -> None:
    """List the releases, oldest first; the current one is marked with a star."""
    from orchestration import publishing  # noqa: PLC0415
    from orchestration.warehouse import Warehouse  # noqa: PLC0415

    folder = Warehouse(_settings(warehouse=warehouse).warehouse)
    listed = publishing.releases(folder)
    if not listed:
        typer.echo(f"No release in {folder.releases_dir}.")
    for release in listed:
        star = "*" if release.is_current else " "
        held = _size(release.manifest) if release.manifest else "manifest cannot be read"
        typer.echo(f"{star} {release.release_id}  {held}")


def _settings(**flags: object) -> "Settings":
    from orchestration.settings import load_settings  # noqa: PLC0415

    return load_settings(flags)


def _refuse_real_files(landing: Path, truth: Path) -> None:
    if landing.is_dir() and any(landing.iterdir()) and not truth.is_dir():
        raise FunnelError(
            f"{landing} has files that no simulation wrote; a simulated company among them would "
            "spoil their numbers. Choose another folder with --out."
        )


def _show_version() -> None:
    typer.echo(f"funnel {version('lead_funnel')}")
    raise typer.Exit


def _fail(message: str, exit_code: int) -> None:
    typer.secho(f"Error: {message}", fg=typer.colors.RED, err=True)
    raise typer.Exit(exit_code)


@contextmanager
def _progress(unit: str) -> Iterator["Progress"]:
    """A bar on a terminal, a line every tenth of the way elsewhere."""
    if not sys.stdout.isatty():
        yield _tenths(unit)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    columns = BarColumn(), MofNCompleteColumn(), TextColumn(f"{unit} {{task.description}}")
    with Bar(*columns, transient=True) as bar:
        task = bar.add_task("", total=None, visible=False)
        yield lambda done, total, name: bar.update(
            task, completed=done, total=total, description=name[:NAME_WIDTH], visible=True
        )


def _tenths(unit: str) -> "Progress":
    told = 0

    def tell(done: int, total: int, _name: str) -> None:
        nonlocal told
        if done * 10 // total > told:
            told = done * 10 // total
            typer.echo(f"  {done:,} of {total:,} {unit}")

    return tell


def _show_report(settings: "Settings", report: "BuildReport") -> None:
    from orchestration.reporting import example_queries  # noqa: PLC0415

    _show_notices(report.notices)
    steps = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in report.seconds.items())
    typer.echo(f"\nTook: {steps}")
    if report.manifest:
        _show_release(settings, report.manifest)
        _show_examples(settings, example_queries())


def _show_notices(notices: Sequence[str]) -> None:
    if notices:
        typer.echo("\nTo look at:")
    for notice in notices:
        typer.echo(f"  {notice}")


def _show_release(settings: "Settings", manifest: "Manifest") -> None:
    from orchestration.warehouse import Warehouse  # noqa: PLC0415

    database = Warehouse(settings.warehouse).current_database
    typer.echo(f"\nRelease {manifest.release_id} is current: {database}")
    width = max(len(name) for name in manifest.tables)
    for name, table in manifest.tables.items():
        typer.echo(f"  {name:<{width}}  {table.rows:>12,} rows")


def _show_examples(settings: "Settings", examples: "Sequence[ExampleQuery]") -> None:
    import duckdb  # noqa: PLC0415

    from orchestration.warehouse import Warehouse  # noqa: PLC0415

    database = Warehouse(settings.warehouse).current_database
    with duckdb.connect(str(database), read_only=True) as connection:
        for example in examples:
            typer.echo(f"\n-- {example.title}\n{example.sql}")
            try:
                connection.sql(example.sql).limit(EXAMPLE_ROWS).show(max_width=100)
            except duckdb.Error as error:
                typer.echo(f"(not answered by this release: {error})")


def _size(manifest: "Manifest") -> str:
    rows = sum(table.rows for table in manifest.tables.values())
    megabytes = sum(file.bytes for file in manifest.files.values()) / 1e6
    return (
        f"{manifest.created_at:%Y-%m-%d %H:%M} UTC  {len(manifest.tables):>3} tables  "
        f"{rows:>12,} rows  {megabytes:>9,.1f} MB"
    )
