"""The person of an address or of a lead: which leads of the warehouse are meant."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import duckdb

from orchestration.erasure.description import describe, register_leads
from orchestration.erasure.errors import ErasureError, UnknownPersonError
from orchestration.erasure.person import Person
from orchestration.erasure.pseudonyms import PREFIX
from orchestration.erasure.raw_rows import RawRows, raw_rows
from orchestration.erasure.salesforce_ids import forms, short_form
from orchestration.sql import literal
from orchestration.words import normalised_email

PERSONS = "intermediate.int_lead_persons"


def find_person(
    work_database: Path,
    *,
    email: str | None = None,
    lead_id: str | None = None,
    source_system: str | None = None,
) -> Person:
    """The person of an address or of a lead, as the last build knows it.

    Raises:
        UnknownPersonError: no raw row has the address or the id.
        ErasureError: nothing was built yet, or several source systems have a lead of this id.
    """
    if not work_database.is_file():
        raise ErasureError(f"There is no work database {work_database}. Run `funnel build` first.")
    with duckdb.connect(str(work_database), read_only=True) as connection:
        tables = [rows for rows in raw_rows(connection) if rows.has_people]
        leads = set(_named(connection, tables, email, lead_id, source_system))
        emails = _normal(connection, [email] if email else [])
        if lead_id is not None:
            systems = sorted({system for system, _ in leads})
            if len(systems) > 1:
                raise ErasureError(
                    f"The source systems {', '.join(systems)} each have a lead with this id. "
                    "Name one with --source-system."
                )
        if not leads and not (emails and _has_address(connection, tables, emails)):
            raise UnknownPersonError(
                "Nobody in the warehouse has this "
                + ("e-mail address" if email else "lead id")
                + ". Nothing was changed, and nothing was recorded. An erased person is not found "
                "again; a file that has landed and was never loaded is not searched."
            )
        leads |= set(_same_person(connection, leads))
        return describe(connection, tables, leads, emails)


def _normal(connection: duckdb.DuckDBPyConnection, texts: Iterable[str]) -> set[str]:
    return {
        row[0]
        for text in texts
        for row in connection.execute(f"select {normalised_email(literal(text))}").fetchall()
        if row[0] is not None
    }


def _named(
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[RawRows],
    email: str | None,
    lead_id: str | None,
    source_system: str | None,
) -> Iterator[tuple[str, str]]:
    for rows in tables:
        for lead in rows.of_kind("lead_id"):
            value = f"trim({lead.text})"
            wanted = []
            if lead_id is not None:
                wanted.append(f"{value} in ({', '.join(map(literal, forms(lead_id.strip())))})")
            if email is not None:
                wanted += [
                    f"{normalised_email(address.text)} = {normalised_email(literal(email))}"
                    for address in rows.of_kind("email")
                ]
            if not wanted:
                continue
            found = connection.execute(
                f"select distinct {rows.system}, {value} from {rows.relation} as rows "
                f"where {value} is not null and ({' or '.join(wanted)})"
            ).fetchall()
            yield from (
                (system, short_form(found_id))
                for system, found_id in found
                if (source_system is None or system == source_system)
                and not found_id.startswith(PREFIX)
            )


def _has_address(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[RawRows], emails: set[str]
) -> bool:
    """True if a row without an id has one of the addresses."""
    addresses = ", ".join(map(literal, emails))
    return any(
        connection.execute(
            f"select 1 from {rows.relation} as rows "
            f"where {normalised_email(address.text)} in ({addresses}) limit 1"
        ).fetchall()
        for rows in tables
        for address in rows.of_kind("email")
    )


def _same_person(
    connection: duckdb.DuckDBPyConnection, leads: set[tuple[str, str]]
) -> list[tuple[str, str]]:
    """All leads of the persons that these leads are."""
    register_leads(connection, leads)
    try:
        found = connection.execute(
            f"""
            select source_system, lead_id from {PERSONS} where person_key in (
                select persons.person_key
                from {PERSONS} as persons
                inner join leads
                    on persons.source_system = leads.system and persons.lead_id = leads.value
            )
            """
        ).fetchall()
        return [(system, short_form(lead)) for system, lead in found]
    except duckdb.CatalogException as error:
        raise ErasureError(
            "The work database does not say which leads are one person: the last build did not "
            "get that far. Run `funnel build` first."
        ) from error
