"""`funnel services`."""

from typing import Annotated

import typer

from orchestration.cli.application import app


@app.command()
def services(
    url: Annotated[
        str, typer.Option(help="Address of the Dagster webserver.")
    ] = "http://127.0.0.1:3000",
) -> None:
    """Check that webserver, storage, code server and daemon work together."""
    from orchestration.doctor import Level  # noqa: PLC0415
    from orchestration.doctor.services import examine_services  # noqa: PLC0415

    found = examine_services(url)
    for finding in found:
        is_ok = finding.level == Level.ok
        typer.echo(f"{'ok ' if is_ok else 'NOT'}  {finding.check}: {finding.what}")
        if finding.fix:
            typer.echo(f"     {finding.fix}")
    if any(finding.level != Level.ok for finding in found):
        raise typer.Exit(1)
