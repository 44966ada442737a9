"""`funnel erase`: find a person, forget them everywhere, and prove it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.build.build import BuildReport, build
from orchestration.build.dbt import Progress
from orchestration.build.held_warehouse import hold
from orchestration.contract import PROJECT_DIR
from orchestration.erasure import NotForgottenError, Person, Register, find_person, request, search
from orchestration.settings import Settings
from orchestration.warehouse.paths import Warehouse

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
    project_dir: Path = PROJECT_DIR,
    verbose: bool = False,
    echo: Callable[[str], None] = print,
    progress: Progress = lambda *_: None,
) -> ErasureReport:
    """Record the request, build and publish without the person, and search for what is left.

    Raises:
        FunnelError: the build failed: what was rewritten stays so, and the next build goes on.
        NotForgottenError: the search found something; says where.
    """
    with duckdb.connect() as connection:
        texts = person.search_terms(connection)
    request_ids: list[str] = []
    built = build(
        settings,
        project_dir=project_dir,
        verbose=verbose,
        echo=echo,
        progress=progress,
        command=COMMAND,
        prepare=lambda folder: request_ids.append(request(folder, person, texts)),
    )
    echo("Searching")
    with hold(settings.warehouse, COMMAND) as warehouse:
        findings = search(warehouse.root, texts)
    if findings:
        raise NotForgottenError(
            f"Request {request_ids[0]} was carried out, but the person is still named in a "
            "column that is not declared as personal (`meta.pii` in models/staging), or in a row "
            "of another person:\n"
            + "\n".join(f"  {finding}" for finding in findings)
            + "\nCorrect the rows at their source, or declare the column, and land the file again."
        )
    return ErasureReport(request_ids[0], len(texts), built)


def open_requests(settings: Settings) -> list[str]:
    """Ids of the requests that no release has answered yet."""
    return Register(Warehouse(settings.warehouse)).open_requests("completed")
