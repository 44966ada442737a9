"""`funnel publish`, `funnel rollback`, `funnel releases`, `funnel diff`."""

import json
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
from orchestration.cli.showing import show_release
from orchestration.cli.showing_releases import show_diff, show_releases

DIFFERENT = 3


@app.command()
def publish(
    warehouse: WarehouseFolder = None,
    sources: Sources = None,
    keep: Keep = None,
    parquet: Parquet = None,
    force: Annotated[
        bool, typer.Option("--force", help="Publish a work database that no tested build left.")
    ] = False,
) -> None:
    """Publish the work database as the last tested build left it."""
    from orchestration.build.build import publish_tested  # noqa: PLC0415

    settings = read_settings(warehouse=warehouse, sources=sources, keep=keep, parquet=parquet)
    show_release(settings, publish_tested(settings, force=force))
    sync_if_set(settings)


@app.command()
def rollback(
    warehouse: WarehouseFolder = None,
    to: Annotated[
        str | None,
        typer.Option(help="Id of a release, or its beginning. (default: the previous one)"),
    ] = None,
) -> None:
    """Make an earlier release current again, once its checksums are verified.

    The release left behind stays until the next publication, so that `--to` can return to it.
    """
    from orchestration import releases as store  # noqa: PLC0415
    from orchestration.warehouse.lock import exclusive  # noqa: PLC0415
    from orchestration.warehouse.paths import Warehouse  # noqa: PLC0415

    settings = read_settings(warehouse=warehouse)
    folder = Warehouse(settings.warehouse)
    with exclusive(folder, "funnel rollback"):
        left = store.current_release_id(folder)
        manifest = store.rollback(folder, to)
    show_release(settings, manifest)
    typer.echo(
        f"\nReaders get it with their next connection. {left} stays until the next publication; "
        f"`funnel rollback --to {left}` returns to it, `funnel diff {manifest.release_id} {left}` "
        "shows the differences."
    )
    sync_if_set(settings)


@app.command()
def releases(
    warehouse: WarehouseFolder = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, with every changed table.")
    ] = False,
) -> None:
    """List the releases, oldest first, each with what changed since the one before it."""
    from orchestration import releases as store  # noqa: PLC0415
    from orchestration.warehouse.paths import Warehouse  # noqa: PLC0415

    folder = Warehouse(read_settings(warehouse=warehouse).warehouse)
    listed = store.list_releases(folder)
    if as_json:
        typer.echo(json.dumps([entry.model_dump(mode="json") for entry in listed], indent=2))
    elif listed:
        show_releases(listed)
    else:
        typer.echo(f"No release in {folder.releases_dir}.")


@app.command()
def diff(
    *,
    before: Annotated[
        str, typer.Argument(help="Release: its id, the beginning of it, `current` or `previous`.")
    ] = "previous",
    after: Annotated[str, typer.Argument(help="Release to compare it with.")] = "current",
    warehouse: WarehouseFolder = None,
    metric: Annotated[str | None, typer.Option(help="List only this metric's values.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="Metric values to list.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 3 if they differ, for scripts.")
    ] = False,
) -> None:
    """Compare two releases: tables, columns, rows by their key, and metric values.

    Exits with 0 once they are compared (3 with --exit-code where they differ), and with 1 where one
    of them is not there or cannot be read. Figures count as the same to nine digits.
    """
    from orchestration import releases as store  # noqa: PLC0415
    from orchestration.warehouse.paths import Warehouse  # noqa: PLC0415

    folder = Warehouse(read_settings(warehouse=warehouse).warehouse)
    found = store.diff(folder, before, after, metric=metric, limit=limit)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
    else:
        show_diff(found)
    if exit_code and found.differs:
        raise typer.Exit(DIFFERENT)
