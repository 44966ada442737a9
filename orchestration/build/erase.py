"""`funnel erase`: find a person, forget them everywhere, and prove it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.build.build import BuildReport, build
from orchestration.build.dbt import Progress
from orchestration.build.held_warehouse import hold
from orchestration.contract import PROJECT_DIR
from orchestration.erasure import (
    ErasureError,
    Finding,
    NotForgottenError,
    Person,
    Register,
    UnknownPersonError,
    find_person,
    request,
    search,
)
from orchestration.erasure.errors import REMEDY
from orchestration.erasure.register import Tombstone, keyed_digest
from orchestration.settings import Settings
from orchestration.sql import literal
from orchestration.words import normalised_email

COMMAND = "funnel erase"


@dataclass(frozen=True)
class ErasureReport:
    """Result of an erasure; `searched_texts` texts were searched for afterwards and not found."""

    request_id: str
    searched_texts: int
    build: BuildReport


def find(
    settings: Settings,
    *,
    email: str | None = None,
    lead_id: str | None = None,
    source_system: str | None = None,
) -> Person:
    """The person of an address or of a lead.

    Raises:
        FunnelError: the lock is held, or nobody or several are meant.
    """
    with hold(settings.warehouse, COMMAND) as warehouse:
        return find_person(
            warehouse.work_database, email=email, lead_id=lead_id, source_system=source_system
        )


def erase(
    settings: Settings,
    person: Person,
    *,
    accepted: Sequence[str] = (),
    project_dir: Path = PROJECT_DIR,
    verbose: bool = False,
    echo: Callable[[str], None] = print,
    progress: Progress = lambda *_: None,
) -> ErasureReport:
    """Record the request, build and publish without the person, and search for what is left.

    `accepted` is as for a build. The request is open until the search has found nothing.

    Raises:
        FunnelError: the build failed: what was rewritten stays so, and the next build goes on.
        NotForgottenError: the search found something; says where.
    """
    with duckdb.connect() as connection:
        texts = person.search_terms(connection)
    request_ids: list[str] = []
    built = build(
        settings,
        accepted=accepted,
        project_dir=project_dir,
        verbose=verbose,
        echo=echo,
        progress=progress,
        command=COMMAND,
        prepare=lambda folder: request_ids.append(request(folder, person, texts)),
        with_search=False,
    )
    echo("Searching")
    with hold(settings.warehouse, COMMAND) as warehouse:
        _assert_nowhere(search(warehouse.root, texts))
        _assert_nowhere(warehouse.close_erasures(settings))
    return ErasureReport(request_ids[0], len(texts), built)


def verify(settings: Settings, *, email: str | None = None) -> int:
    """Search again for all persons whose erasure was requested; their number of requests.

    They are searched for by their tombstones; `email`, an address that was erased, as text too.

    Raises:
        ErasureError: a request waits for a build.
        UnknownPersonError: no request was made for the address.
        NotForgottenError: the search found something; says where.
    """
    with hold(settings.warehouse, COMMAND) as warehouse:
        register = Register(warehouse)
        if waiting := register.open_requests("published"):
            raise ErasureError(
                f"{len(waiting)} request(s) for erasure wait for a build: {', '.join(waiting)}. "
                "Run `funnel build` first."
            )
        if email is not None:
            _assert_nowhere(search(warehouse.root, [_erased_address(register, email)]))
        is_open = bool(register.open_requests("completed"))
        _assert_nowhere(
            warehouse.close_erasures(settings)
            if is_open
            else warehouse.search_for_erased(settings, register)
        )
        return len({event.request_id for event in register.events})


def _erased_address(register: Register, email: str) -> str:
    with duckdb.connect() as connection:
        [[address]] = connection.execute(f"select {normalised_email(literal(email))}").fetchall()
    is_erased = (
        register.key is not None
        and address is not None
        and Tombstone(kind="email", digest=keyed_digest(register.key, "email", address))
        in register.tombstones
    )
    if not is_erased:
        raise UnknownPersonError("No erasure was requested for this e-mail address.")
    return str(address)


def _assert_nowhere(findings: Sequence[Finding]) -> None:
    if findings:
        raise NotForgottenError(
            "The request stays open: a person whose erasure was requested is still named in a "
            "column that is not declared as personal, or in a row of another person:\n"
            + "\n".join(f"  {finding}" for finding in findings)
            + f"\n{REMEDY}"
        )
