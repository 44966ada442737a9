"""`funnel doctor`."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from orchestration.cli.application import app
from orchestration.cli.options import Landing, Sources, WarehouseFolder, read_settings
from orchestration.text import printable

COLORS = {"warning": typer.colors.YELLOW, "error": typer.colors.RED}


@app.command()
def doctor(
    landing: Landing = None,
    warehouse: WarehouseFolder = None,
    sources: Sources = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the findings as JSON, a list of objects.")
    ] = False,
) -> None:
    """Look for what stands in the way of builds and readers, and say the fix; change nothing.

    Exits with 1 where there is an error. Reads every release and raw table whole.
    """
    from orchestration.doctor import Level, examine  # noqa: PLC0415

    findings = examine(read_settings(landing=landing, warehouse=warehouse, sources=sources))
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            level = typer.style(f"{finding.level:<8}", fg=COLORS.get(finding.level))
            typer.echo(f"{level} {finding.check:<13} {printable(finding.what)}")
            if finding.fix:
                typer.echo(f"{'':<8} {'':<13} fix: {printable(finding.fix)}")
    if any(finding.level == Level.error for finding in findings):
        raise typer.Exit(1)
