"""`funnel simulate`."""

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.application import app
from orchestration.cli.options import read_settings
from orchestration.cli.showing import progress_of
from orchestration.errors import FunnelError


class FileFormat(StrEnum):
    """Format of simulated files."""

    csv = "csv"
    parquet = "parquet"


def _day(given: str | date) -> date:
    """The parser gets the default too, which is a date already."""
    return given if isinstance(given, date) else date.fromisoformat(given)


@app.command()
def simulate(
    *,
    leads: Annotated[int, typer.Option(help="Lead records, including duplicates.")] = 5000,
    months: Annotated[int, typer.Option(help="Months to simulate.")] = 18,
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
            help="First day of a later batch, added to the earlier ones. (default: --start)",
            parser=_day,
            metavar="DATE",
        ),
    ] = None,
    until: Annotated[
        date | None,
        typer.Option(
            help="Day on which the batch ends, not included. (default: the end)",
            parser=_day,
            metavar="DATE",
        ),
    ] = None,
    dirty_share: Annotated[float, typer.Option(help="Share of faulty rows, 0 to 0.5.")] = 0.002,
    parallel_deals: Annotated[
        float, typer.Option(help="Share of deals beside which the person has another, lost one.")
    ] = 0.0,
) -> None:
    """Write the landing files of a simulated company, and the truth that they were made from."""
    from simulator import SimulationConfig  # noqa: PLC0415
    from simulator import simulate as write_company  # noqa: PLC0415
    from simulator.simulation import TRUTH_FOLDER  # noqa: PLC0415

    config = SimulationConfig(
        leads=leads,
        months=months,
        seed=seed,
        start=start,
        activities_per_lead=activities_per_lead,
        dirty_share=dirty_share,
        parallel_deals=parallel_deals,
        file_format=file_format.value,
        from_=from_,
        until=until,
    )
    folder = read_settings(landing=out).landing
    _refuse_real_files(folder, folder / TRUTH_FOLDER)
    with progress_of("leads") as progress:
        summary = write_company(config, folder, lambda done, total: progress(done, total, ""))
    typer.echo(
        f"Wrote {sum(summary.rows.values()):,} rows in {len(summary.files):,} files to {folder}; "
        f"the truth behind them is {summary.truth}."
    )


def _refuse_real_files(landing: Path, truth: Path) -> None:
    if landing.is_dir() and any(landing.iterdir()) and not truth.is_dir():
        raise FunnelError(
            f"{landing} has files that no simulation wrote; a simulated company among them would "
            "distort their numbers. Choose another folder with --out."
        )
