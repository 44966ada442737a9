"""`funnel audit`: what the gate of the build would say now."""

from typing import Annotated

import typer

from orchestration.cli.application import app
from orchestration.cli.options import Accept, Sources, WarehouseFolder, read_settings


@app.command()
def audit(
    warehouse: WarehouseFolder = None,
    sources: Sources = None,
    landed: Annotated[bool, typer.Option("--landed", help="Only the landed tables.")] = False,
    marts: Annotated[
        bool, typer.Option("--marts", help="Only the tables about to be published.")
    ] = False,
    accept: Accept = None,
) -> None:
    """Audit the work database as it stands; exit code 1 where a build would be stopped."""
    from orchestration.audit import Boundary  # noqa: PLC0415
    from orchestration.audit.gate import audit as run  # noqa: PLC0415
    from orchestration.build.mappings import compiled_for  # noqa: PLC0415
    from orchestration.warehouse.lock import exclusive  # noqa: PLC0415
    from orchestration.warehouse.paths import Warehouse  # noqa: PLC0415

    settings = read_settings(warehouse=warehouse, sources=sources)
    chosen = [
        boundary
        for boundary, wanted in ((Boundary.landed, landed), (Boundary.marts, marts))
        if wanted or landed == marts
    ]
    with exclusive(Warehouse(settings.warehouse), "funnel audit"):
        reports = [
            run(settings, boundary, accepted=accept or (), mappings=compiled_for(settings))
            for boundary in chosen
        ]
    for report in reports:
        typer.echo(str(report))
        typer.echo(f"Took {sum(report.seconds.values()):.1f} s. Data Docs: {report.data_docs}\n")
    if any(report.blocking for report in reports):
        raise typer.Exit(1)
