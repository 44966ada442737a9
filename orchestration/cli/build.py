"""`funnel extract`, `funnel load`, `funnel build`: from where data lies to a published release."""

from contextlib import nullcontext
from typing import Annotated

import typer

from orchestration.cli.application import app
from orchestration.cli.options import (
    Accept,
    Keep,
    Landing,
    Parquet,
    Sources,
    WarehouseFolder,
    read_settings,
)
from orchestration.cli.postgres import sync_if_set
from orchestration.cli.showing import progress_of, show_notices, show_report


@app.command()
def extract(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SOURCE]...", help="Sources to pull. (default: all that are on)"),
    ] = None,
    landing: Landing = None,
    warehouse: WarehouseFolder = None,
) -> None:
    """Pull what is new from the databases and buckets of sources into the landing folder.

    A source says in its yml what it is pulled from (`meta.extract`); dlt's configuration says where
    that is: `.dlt/config.toml`, `.dlt/secrets.toml`, or variables SOURCES__<SOURCE>__...
    """
    from orchestration.build.build import extract_only  # noqa: PLC0415
    from orchestration.extraction import is_extracted  # noqa: PLC0415

    settings = read_settings(
        landing=landing, warehouse=warehouse, sources=",".join(names or ()) or None
    )
    if not is_extracted(settings):
        typer.echo(
            f"Nothing to pull: {', '.join(settings.sources)} declare no `extract` in their yml, "
            "and the landing folder is no URL."
        )
        return
    extract_only(settings, echo=typer.echo)


@app.command()
def load(
    landing: Landing = None, warehouse: WarehouseFolder = None, sources: Sources = None
) -> None:
    """Load new and changed files into the raw schemas of the work database."""
    from orchestration.build.build import load_only  # noqa: PLC0415
    from orchestration.build.notices import load_notices  # noqa: PLC0415

    settings = read_settings(landing=landing, warehouse=warehouse, sources=sources)
    report = load_only(settings, echo=typer.echo)
    show_notices(load_notices(report))
    typer.echo(
        f"Loaded {report.row_count:,} rows from {len(report.loaded):,} files; "
        f"{report.skipped_count:,} files were already loaded."
    )


@app.command()
def build(
    *,
    landing: Landing = None,
    warehouse: WarehouseFolder = None,
    sources: Sources = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            help="Latest moment that counts, in UTC; a date alone is the end of that "
            "day in the reporting time zone. Rebuilds the past: what happened later is ignored. "
            "(FUNNEL_AS_OF; default: derived from the data)"
        ),
    ] = None,
    current: Annotated[
        bool | None,
        typer.Option(
            "--current/--no-current",
            help="Publish the release to readers. (default: yes, but no with --as-of, where it "
            "stays next to the others until the next publication)",
            show_default=False,
        ),
    ] = None,
    keep: Keep = None,
    parquet: Parquet = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Rebuild incremental models from scratch.")
    ] = False,
    no_publish: Annotated[
        bool, typer.Option("--no-publish", help="Stop after the audit; `funnel publish` continues.")
    ] = False,
    no_extract: Annotated[
        bool,
        typer.Option("--no-extract", help="Pull nothing; build from what has landed."),
    ] = False,
    accept: Accept = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show dbt's own output instead of the progress.")
    ] = False,
) -> None:
    """Pull, load, audit, build, test, audit again, then publish. A failure publishes nothing."""
    from orchestration.build.build import build as run  # noqa: PLC0415

    settings = read_settings(
        landing=landing,
        warehouse=warehouse,
        sources=sources,
        as_of=as_of,
        keep=keep,
        parquet=parquet,
    )
    with nullcontext(lambda *_: None) if verbose else progress_of("models and tests") as progress:
        report = run(
            settings,
            full_refresh=full_refresh,
            with_publish=not no_publish,
            with_extraction=not no_extract,
            accepted=accept or (),
            make_current=is_for_readers(as_of, current),
            verbose=verbose,
            echo=typer.echo,
            progress=progress,
        )
    show_report(settings, report)
    if report.manifest:
        sync_if_set(settings)


def is_for_readers(as_of: str | None, current: bool | None) -> bool:
    """True if a build becomes current: as requested, else unless the command line pinned it.

    A pin that is set for good (FUNNEL_AS_OF, funnel.toml) is what readers are meant to get.
    """
    return as_of is None if current is None else current
