"""`funnel restore`."""

from contextlib import nullcontext
from typing import Annotated

import typer

from orchestration.cli.application import app
from orchestration.cli.options import Accept, Keep, Landing, Sources, WarehouseFolder, read_settings
from orchestration.cli.postgres import sync_if_set
from orchestration.cli.showing import progress_of, show_report


@app.command()
def restore(
    *,
    landing: Landing = None,
    warehouse: WarehouseFolder = None,
    sources: Sources = None,
    keep: Keep = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    accept_loss: Annotated[
        bool,
        typer.Option("--accept-loss", help="Restore even if loaded files are gone from landing."),
    ] = False,
    accept: Accept = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show dbt's own output instead of the progress.")
    ] = False,
) -> None:
    """Rebuild the work database from the landing folder alone, then build, test and publish.

    Readers keep the current release meanwhile. Killed, it is completed by running it again.
    """
    from orchestration.build.restore import restore as run  # noqa: PLC0415

    settings = read_settings(landing=landing, warehouse=warehouse, sources=sources, keep=keep)
    if not yes:
        typer.confirm(
            f"Replace the work database of {settings.warehouse} by one made from "
            f"{settings.landing}? Readers keep the current release until it is done.",
            abort=True,
        )
    with nullcontext(lambda *_: None) if verbose else progress_of("models and tests") as progress:
        report = run(
            settings,
            accept_loss=accept_loss,
            accepted=accept or (),
            verbose=verbose,
            echo=typer.echo,
            progress=progress,
        )
    show_report(settings, report)
    sync_if_set(settings)
