"""Options that several commands share, and the settings that they make."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from orchestration.settings import Settings

Landing = Annotated[
    str | None,
    typer.Option(
        metavar="FOLDER",
        help="Folder of the files to load, or its URL (s3://, gs://, az://, https://). "
        "(FUNNEL_LANDING; default: landing)",
    ),
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
    typer.Option(help="Releases to keep, including the new one. (FUNNEL_KEEP; default: 5)"),
]
Parquet = Annotated[
    bool | None,
    typer.Option(
        "--parquet/--no-parquet",
        help="Also publish a Parquet file per table. (FUNNEL_PARQUET; default: no)",
    ),
]
Accept = Annotated[
    list[str] | None,
    typer.Option(
        help="Name of an audit check that may fail until something else is loaded; repeatable. "
        "The release's manifest keeps the name."
    ),
]


def read_settings(**flags: object) -> "Settings":
    """The settings of a command; a None is a flag that was not given."""
    from orchestration.settings import load_settings  # noqa: PLC0415

    return load_settings(flags)
