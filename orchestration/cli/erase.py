"""`funnel erase`: the right to be forgotten."""

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

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
from orchestration.cli.showing import progress_of, show_release
from orchestration.errors import FunnelError

if TYPE_CHECKING:
    from orchestration.erasure import Person
    from orchestration.settings import Settings

FROM_INPUT = "-"


@app.command()
def erase(
    *,
    email: Annotated[
        str | None,
        typer.Option(
            help="An e-mail address of the person; - reads it from standard input, "
            "which keeps it out of the shell history and the process list."
        ),
    ] = None,
    lead_id: Annotated[
        str | None, typer.Option(help="Id of one of the person's leads; - as for --email.")
    ] = None,
    source_system: Annotated[
        str | None,
        typer.Option(help="Source system of the lead id, if several have a lead with this id."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count what would be erased, and stop.")
    ] = False,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Erase nobody: search again for everybody whose erasure was requested, and for "
            "the address that --email names.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    landing: Landing = None,
    warehouse: WarehouseFolder = None,
    sources: Sources = None,
    keep: Keep = None,
    parquet: Parquet = None,
    accept: Accept = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show dbt's own output instead of the progress.")
    ] = False,
) -> None:
    """Erase a person: from the raw tables, every model and every release. It cannot be undone.

    What is counted stays: the person's rows stay under an id that nobody can trace. No later load
    lets the person in again. All that names the person is then searched for, in every byte; the
    request stays open until nothing is found.
    """
    from orchestration.build import erase as erasure  # noqa: PLC0415
    from orchestration.erasure import NotForgottenError  # noqa: PLC0415

    settings = read_settings(
        landing=landing, warehouse=warehouse, sources=sources, keep=keep, parquet=parquet
    )
    if verify:
        _verify(settings, email, lead_id)
        return
    person = erasure.find(settings, **_given(email, lead_id), source_system=source_system)
    _show(person)
    if dry_run:
        return
    if not yes:
        typer.confirm("Erase this person? This cannot be undone.", abort=True)
    with nullcontext(lambda *_: None) if verbose else progress_of("models and tests") as progress:
        try:
            report = erasure.erase(
                settings,
                person,
                accepted=accept or (),
                verbose=verbose,
                echo=typer.echo,
                progress=progress,
            )
        except NotForgottenError:
            # the release is out all the same
            sync_if_set(settings)
            raise
    if report.build.manifest:
        show_release(settings, report.build.manifest)
    typer.echo(
        f"\nErased (request {report.request_id}). "
        f"{report.searched_texts} texts that named the person were searched for in every byte and "
        f"every row of {settings.warehouse}: none is left."
    )
    _show_files(person)
    _show_origins(settings)
    sync_if_set(settings)


def _verify(settings: "Settings", email: str | None, lead_id: str | None) -> None:
    from orchestration.build import erase as erasure  # noqa: PLC0415

    if lead_id is not None:
        raise _UsageError("An erased person has no lead id. Name the address, or nobody.")
    address = None if email is None else _given(email, None)["email"]
    count = erasure.verify(settings, email=address)
    typer.echo(
        f"Searched every row and text of {settings.warehouse} for the persons of {count:,} "
        "request(s) for erasure: nobody is named."
    )


def _given(email: str | None, lead_id: str | None) -> dict[str, str]:
    if (email is None) == (lead_id is None):
        raise _UsageError("Name the person with --email or --lead-id.")
    name, value = ("email", email) if email is not None else ("lead_id", lead_id)
    text = sys.stdin.readline() if value == FROM_INPUT else value or ""
    if not text.strip():
        raise _UsageError(f"--{name.replace('_', '-')} is empty.")
    return {name: text.strip()}


class _UsageError(FunnelError):
    exit_code = 2


def _show(person: "Person") -> None:
    others = len(person.ids) - len(person.leads)
    typer.echo(
        f"Found one person: {len(person.leads):,} leads, {len(person.emails):,} e-mail addresses, "
        f"{others:,} other ids. Rows that name the person:"
    )
    for table, count in person.rows.items():
        typer.echo(f"  {table:<40}  {count:>8,}")


def _show_files(person: "Person") -> None:
    from orchestration.ingestion.discovery import is_packed  # noqa: PLC0415  (imports pyarrow)

    if person.files:
        typer.echo(
            "\nThese landed files still contain the person. They are yours: no load brings the "
            "person back, but remove the rows or the files where the law requires it:"
        )
    for file in person.files:
        typer.echo(f"  {file}")
    if any(is_packed(file) for file in person.files):
        typer.echo(
            "Look into the whole archive or workbook: another sheet or member, which is not "
            "loaded, may name the person too."
        )


def _show_origins(settings: "Settings") -> None:
    from orchestration.extraction import origins  # noqa: PLC0415

    for name in origins(settings):
        typer.echo(
            f"\n{name} is pulled from elsewhere, where the person may still be. No load brings the "
            "person back, but remove the rows there where the law requires it."
        )
