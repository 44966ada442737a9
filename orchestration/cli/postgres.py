"""`funnel postgres`: the release in PostgreSQL, for BI tools that need a server."""

from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.cli.application import app
from orchestration.cli.options import WarehouseFolder, read_settings

if TYPE_CHECKING:
    from orchestration.releases.postgres import Target
    from orchestration.settings import Settings

postgres = typer.Typer(
    no_args_is_help=True,
    help="The current release in PostgreSQL (FUNNEL_POSTGRES), for BI tools that need a server.",
)
app.add_typer(postgres, name="postgres")


@postgres.command()
def sync(
    warehouse: WarehouseFolder = None,
    force: Annotated[
        bool, typer.Option("--force", help="Load the release even if PostgreSQL has it.")
    ] = False,
) -> None:
    """Bring the current release to PostgreSQL, in one transaction.

    Every command that makes a release current does this too, where FUNNEL_POSTGRES is set.
    """
    settings = read_settings(warehouse=warehouse)
    _sync(settings, _target(settings), force=force)


@postgres.command()
def status(warehouse: WarehouseFolder = None) -> None:
    """Say which release PostgreSQL has; exits with 1 where that is not the current one."""
    from orchestration.releases.postgres import status as read_status  # noqa: PLC0415
    from orchestration.warehouse.paths import Warehouse  # noqa: PLC0415

    settings = read_settings(warehouse=warehouse)
    found = read_status(Warehouse(settings.warehouse), _target(settings))
    typer.echo(f"PostgreSQL has  {found.in_postgres or 'no release'}")
    typer.echo(f"current is      {found.current or 'no release'}")
    if not found.is_current:
        typer.echo("`funnel postgres sync` copies the current release there.")
        raise typer.Exit(1)


@postgres.command()
def grant(
    users: Annotated[
        list[str] | None, typer.Argument(help="Users to add to the reader role.")
    ] = None,
) -> None:
    """Let the reader role (FUNNEL_POSTGRES_READER; default: funnel_reader) read the release.

    The role is made where it is missing; it cannot log in.
    """
    from orchestration.releases.postgres import grant as grant_reader  # noqa: PLC0415

    done = grant_reader(_target(read_settings()), users or [])
    made = " (made now)" if done.is_new else ""
    typer.echo(f"The role {done.reader}{made} may read the release, and nothing else.")
    if users:
        typer.echo(f"Members: {', '.join(users)}")


def sync_if_set(settings: "Settings") -> None:
    """Bring the release that has just become current to PostgreSQL, where there is one."""
    if settings.postgres is None:
        return
    from orchestration.releases.postgres import PostgresError  # noqa: PLC0415

    try:
        _sync(settings, _target(settings))
    except PostgresError as error:
        raise PostgresError(
            f"The release is current in {settings.warehouse}, but not in PostgreSQL: {error}\n"
            "`funnel postgres sync` retries; `funnel postgres status` shows what is there."
        ) from error


def _sync(settings: "Settings", target: "Target", *, force: bool = False) -> None:
    from orchestration.releases.postgres import sync as bring  # noqa: PLC0415
    from orchestration.warehouse.paths import Warehouse  # noqa: PLC0415

    done = bring(Warehouse(settings.warehouse), target, force=force)
    if done.is_new:
        typer.echo(
            f"\nRelease {done.release_id} is in PostgreSQL: {done.rows:,} rows in "
            f"{done.seconds:.1f} s"
        )
    else:
        typer.echo(f"\nRelease {done.release_id} was in PostgreSQL already.")


def _target(settings: "Settings") -> "Target":
    from orchestration.releases.postgres import PostgresError, Target  # noqa: PLC0415

    target = Target.of(settings)
    if target is None:
        raise PostgresError(
            "FUNNEL_POSTGRES is not set. Set it to the database's URL, like "
            "postgresql://user@host:5432/database; put the password in PGPASSWORD or ~/.pgpass."
        )
    return target
