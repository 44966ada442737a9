"""`funnel publish`, `funnel rollback`, `funnel releases`."""

from typing import Annotated

import typer

from orchestration.cli.application import app
from orchestration.cli.options import (
    Keep,
    Parquet,
    Sources,
    WarehouseFolder,
    read_settings,
)
from orchestration.cli.postgres import sync_if_set
from orchestration.cli.showing import show_release, size


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

    settings = read_settings(warehouse=warehouse, sources=sources, keep=keep, parquet=parquet)
    show_release(settings, publish_tested(settings, force=force))
    sync_if_set(settings)


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

    settings = read_settings(warehouse=warehouse)
    folder = Warehouse(settings.warehouse)
    with exclusive(folder, "funnel rollback"):
        manifest = publishing.rollback(folder, to)
    show_release(settings, manifest)
    sync_if_set(settings)


@app.command()
def releases(warehouse: WarehouseFolder = None) -> None:
    """List the releases, oldest first; the current one is marked with a star."""
    from orchestration import publishing  # noqa: PLC0415
    from orchestration.warehouse import Warehouse  # noqa: PLC0415

    folder = Warehouse(read_settings(warehouse=warehouse).warehouse)
    listed = publishing.releases(folder)
    if not listed:
        typer.echo(f"No release in {folder.releases_dir}.")
    for release in listed:
        star = "*" if release.is_current else " "
        held = size(release.manifest) if release.manifest else "manifest cannot be read"
        typer.echo(f"{star} {release.release_id}  {held}")
