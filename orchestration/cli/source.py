"""`funnel source`: a source before it is built."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from orchestration.cli.application import app
from orchestration.cli.options import Landing, read_settings

source = typer.Typer(
    no_args_is_help=True, help="Sources: folders under models/staging that map files to tables."
)
app.add_typer(source, name="source")


@source.callback()
def commands() -> None:
    """Keep the name of the only command."""


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
