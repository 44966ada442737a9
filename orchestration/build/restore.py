"""Rebuild of the work database from the landing folder alone, while readers keep the release."""

from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

from orchestration.build.build import BuildReport, build
from orchestration.build.dbt import Progress
from orchestration.build.held_warehouse import HeldWarehouse
from orchestration.contract import PROJECT_DIR
from orchestration.errors import FunnelError
from orchestration.settings import Settings
from orchestration.warehouse.paths import DATABASE_FILE, Warehouse
from orchestration.warehouse.work_database import set_aside

LISTED_FILES = 10


class RestoreError(FunnelError):
    """The restore would lose rows, or has nothing to restore from; nothing was changed."""


def restore(
    settings: Settings,
    *,
    accept_loss: bool = False,
    accepted: Sequence[str] = (),
    project_dir: Path = PROJECT_DIR,
    verbose: bool = False,
    echo: Callable[[str], None] = print,
    progress: Progress = lambda *_: None,
) -> BuildReport:
    """Load every landed file into a new work database, build, test and publish.

    The old work database is set aside under `build/replaced` and removed once the new one is
    published. Killed at any moment, it is completed by running it again. `accepted` is as for a
    build.

    Raises:
        RestoreError: the landing folder is not there, or loaded files are gone from it and
            `accept_loss` is not given.
        FunnelError: as for a build; the current release stays as it is.
    """

    def prepare(warehouse: HeldWarehouse) -> None:
        assert_restorable(settings, accept_loss=accept_loss)
        set_aside(warehouse)

    return build(
        settings,
        project_dir=project_dir,
        accepted=accepted,
        verbose=verbose,
        echo=echo,
        progress=progress,
        command="funnel restore",
        prepare=prepare,
    )


def assert_restorable(settings: Settings, *, accept_loss: bool) -> None:
    """See that the landing folder holds what was loaded.

    Raises:
        RestoreError: it is not there, or lacks loaded files and `accept_loss` is not given.
    """
    if not settings.landing.is_dir():
        raise RestoreError(
            f"There is no landing folder {settings.landing} to restore from. Nothing was changed. "
            "Name it with --landing."
        )
    lost = [] if accept_loss else _lost_files(settings)
    if lost:
        more = [f"... and {len(lost) - LISTED_FILES} more"] if len(lost) > LISTED_FILES else []
        listed = "\n  ".join([*lost[:LISTED_FILES], *more])
        raise RestoreError(
            f"{len(lost)} loaded file(s) are no longer in {settings.landing}, or have other "
            f"content; their rows would be lost:\n  {listed}\n"
            "Nothing was changed. Land them again, or pass --accept-loss to restore without them."
        )


def _lost_files(settings: Settings) -> list[str]:
    """Empty also where no work database can be read: then nothing says what was loaded."""
    from orchestration.ingestion import lost_files  # noqa: PLC0415  (pyarrow is slow to import)

    warehouse = Warehouse(settings.warehouse)
    replaced = warehouse.replaced_dir / DATABASE_FILE
    database = replaced if replaced.exists() else warehouse.work_database
    if not database.exists():
        return []
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            return lost_files(connection, settings.landing, settings.sources)
    except duckdb.Error:
        return []
