"""`funnel services`."""

from typing import Annotated

import typer

from orchestration.cli.application import app
from orchestration.services import DEFAULT_URL, examine


@app.command()
def services(
    url: Annotated[str, typer.Option(help="Where the Dagster webserver listens.")] = DEFAULT_URL,
) -> None:
    """Check that webserver, storage, code server and daemon work together."""
    found = examine(url)
    for finding in found:
        typer.echo(f"{'ok ' if finding.is_ok else 'NOT'}  {finding.part}: {finding.says}")
        if finding.remedy:
            typer.echo(f"     {finding.remedy}")
    if not all(finding.is_ok for finding in found):
        raise typer.Exit(1)
