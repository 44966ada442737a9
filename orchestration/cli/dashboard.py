"""`funnel dashboard`: the current release as one page to look at."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli.application import app
from orchestration.cli.options import WarehouseFolder, read_settings


class PageLanguage(StrEnum):
    """Languages that the page is written in."""

    en = "en"
    es = "es"


@app.command()
def dashboard(
    warehouse: WarehouseFolder = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="File to write. (default: dashboard/index.html in the warehouse folder)",
            dir_okay=False,
        ),
    ] = None,
    language: Annotated[PageLanguage, typer.Option(help="Language of the page.")] = PageLanguage.en,
) -> None:
    """Write the current release as one page with charts.

    The file needs no server and no network, and holds no personal data.
    """
    from orchestration.dashboard.page import write_dashboard  # noqa: PLC0415
    from orchestration.warehouse.paths import Warehouse  # noqa: PLC0415

    folder = Warehouse(read_settings(warehouse=warehouse).warehouse)
    page = write_dashboard(folder, out, language.value)
    typer.echo(
        f"Release {page.release_id}, {len(page.charts)} charts, {page.byte_count / 1e6:.1f} MB: "
        f"{page.path.resolve()}"
    )
