"""`funnel source`: a source before it is built."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.application import app
from orchestration.cli.options import Landing, Sources, WarehouseFolder, read_settings

source = typer.Typer(
    no_args_is_help=True, help="Sources: folders under models/staging that map files to tables."
)
app.add_typer(source, name="source")


@source.command()
def new(
    *,
    name: Annotated[
        str, typer.Argument(metavar="SOURCE", help="Name of the folder under models/staging.")
    ],
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILES]...",
            help="Files or folders of the export. (default: what lies in the folder of the source "
            "in the landing folder)",
        ),
    ] = None,
    database: Annotated[
        bool,
        typer.Option(
            "--database",
            help="Pull the tables of a database first, whose address is dlt's: "
            "SOURCES__<SOURCE>__CREDENTIALS or .dlt/secrets.toml.",
        ),
    ] = False,
    schema: Annotated[
        str | None, typer.Option(help="Schema of the database. (default: its own)")
    ] = None,
    table: Annotated[
        list[str] | None,
        typer.Option(help="Table or view of the database; repeatable. (default: all)"),
    ] = None,
    landing: Landing = None,
    warehouse: WarehouseFolder = None,
) -> None:
    """Look at the files of an export and write the folder that maps them, guess by guess.

    Files from elsewhere are copied into the landing folder. Each guess is written with its reason,
    and what the files do not say is listed as an open question. In a folder that is there already,
    nothing is changed: only what is new is added.
    """
    from orchestration.cli.showing_new_source import show_new_source  # noqa: PLC0415
    from orchestration.source_new import new_source  # noqa: PLC0415
    from orchestration.source_new.database import new_source_of_database  # noqa: PLC0415

    settings = read_settings(landing=landing, warehouse=warehouse)
    if database:
        found = new_source_of_database(
            settings, name, schema=schema, names=table or (), echo=typer.echo
        )
    else:
        found = new_source(settings.landing, name, files or ())
    show_new_source(found)


@source.command()
def show(landing: Landing = None, sources: Sources = None) -> None:
    """Show the sources there are: which are on, the files that land in them, and what they fill."""
    from orchestration.cli.showing_source import show_sources  # noqa: PLC0415
    from orchestration.source_new.overview import sources_there_are  # noqa: PLC0415

    settings = read_settings(landing=landing, sources=sources)
    show_sources(sources_there_are(settings), settings.landing)


@source.command()
def check(
    name: Annotated[str, typer.Argument(metavar="SOURCE", help="Folder under models/staging.")],
    landing: Landing = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 for a warning too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print all findings as JSON.")] = False,
    values: Annotated[
        bool,
        typer.Option(
            "--values/--no-values",
            help="Show landed rows and unknown words, which may be personal; else only their file "
            "and row.",
        ),
    ] = True,
) -> None:
    """Say in seconds what a build would make of a source's files; the warehouse is not touched.

    Exits with 1 where a build would refuse something or lose rows: an error in the list. A warning
    (a few quarantined rows, unknown words, references that find nothing) alone exits with 0.
    """
    from orchestration.cli.showing_source import show_check  # noqa: PLC0415
    from orchestration.source_check import check_source  # noqa: PLC0415

    settings = read_settings(landing=landing)
    found = check_source(settings, name, with_values=values)
    if as_json:
        record = {**asdict(found), "is_fine": found.is_fine(strict=strict)}
        typer.echo(json.dumps(record, indent=2, default=str, ensure_ascii=False))
    else:
        show_check(found)
    if not found.is_fine(strict=strict):
        raise typer.Exit(1)
