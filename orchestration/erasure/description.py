"""The description of a person: what only the rows of the person's leads say."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import duckdb
import pyarrow as pa

from orchestration.erasure.creations import Creations
from orchestration.erasure.person import Person
from orchestration.erasure.pseudonyms import equip
from orchestration.erasure.raw import is_persons, mark, names_somebody
from orchestration.erasure.raw_rows import RawRows
from orchestration.erasure.salesforce_ids import forms
from orchestration.ingestion.ledger import dataset_name
from orchestration.sql import literal
from orchestration.words import normalised_email


def register_leads(connection: duckdb.DuckDBPyConnection, leads: Iterable[tuple[str, str]]) -> None:
    """Give the connection the leads as the relation `leads`, each in all forms of its id."""
    ordered = sorted({(system, form) for system, lead in leads for form in forms(lead)})
    connection.register(
        "leads",
        pa.table(
            {
                "system": pa.array([system for system, _ in ordered], pa.string()),
                "value": pa.array([lead for _, lead in ordered], pa.string()),
            }
        ),
    )


def describe(
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[RawRows],
    leads: set[tuple[str, str]],
    asked: set[str],
) -> Person:
    """The person of these leads and addresses, with all that only their rows say."""
    register_leads(connection, leads)
    ids = {(system, "lead_id", lead) for system, lead in leads}
    emails, names, domains = set(asked), set[str](), set[str]()
    kept, removed = set[tuple[str, str]](), set[str]()
    for rows in tables:
        if not rows.of_kind("lead_id"):
            continue
        theirs = _theirs(rows)
        for value in rows.of_kind("email"):
            email = normalised_email(value.text)
            emails |= _only(connection, rows, email, theirs, among=_of_a_lead(rows))
            domain = f"split_part({email}, '@', 2)"
            domains |= _values(connection, rows, domain, theirs) - _only(
                connection, rows, domain, theirs
            )
        for value in rows.of_kind("personal"):
            names |= _only(connection, rows, f"trim({value.text})", theirs, among=_of_a_lead(rows))
        for kind in ("customer_id", "visitor_id"):
            for value in rows.of_kind(kind):
                owned = f"{rows.system} || chr(31) || trim({value.text})"
                for text in _only(connection, rows, owned, theirs, among=_of_a_lead(rows)):
                    system, _, identity = text.partition("\x1f")
                    ids.add((system, kind, identity))
        for value in rows.of_kind("free_text"):
            trimmed = f"trim({value.text})"
            alone = _only(connection, rows, trimmed, theirs)
            removed |= alone
            kept |= {
                (rows.name_of(value.column), text)
                for text in _values(connection, rows, trimmed, theirs) - alone
            }
    person = Person(
        ids=frozenset(ids),
        emails=frozenset(emails),
        names=frozenset(names),
        domains=frozenset(domains),
        kept_texts=frozenset(kept),
        removed_texts=frozenset(removed),
    )
    return _with_rows(connection, tables, person)


def _with_rows(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[RawRows], person: Person
) -> Person:
    """The person with the number of rows by table, and the files that they came from."""
    passing_key = secrets.token_bytes(32)
    moment = datetime.now(UTC).replace(tzinfo=None)
    equip(connection, passing_key, dict.fromkeys(person.tombstones(passing_key), moment))
    # no lead was created after this moment
    creations = Creations(connection, lambda _: {})
    counts: dict[str, int] = {}
    files: set[str] = set()
    for rows in tables:
        mark(connection, rows, creations)
        found = connection.execute(
            f"select _source_file, count(*) from {rows.relation} as rows "
            f"where {is_persons(rows)} or {names_somebody()} group by 1"
        ).fetchall()
        if found:
            counts[f"{dataset_name(rows.table.source)}.{rows.table.name}"] = sum(
                count for _, count in found
            )
            files |= {file for file, _ in found}
    return replace(person, rows=counts, files=tuple(sorted(files)))


def _theirs(rows: RawRows) -> str:
    """SQL that is true for a row that names one of the leads."""
    named = [
        f"({rows.system} || chr(31) || trim({lead.text}) "
        "in (select system || chr(31) || value from leads))"
        for lead in rows.of_kind("lead_id")
    ]
    return f"coalesce({' or '.join(named)}, false)"


def _of_a_lead(rows: RawRows) -> str:
    """SQL that is true for a row that names any lead."""
    named = " or ".join(f"({lead.text}) is not null" for lead in rows.of_kind("lead_id"))
    return f"({named})"


def _values(
    connection: duckdb.DuckDBPyConnection, rows: RawRows, value: str, condition: str
) -> set[str]:
    found = connection.execute(
        f"select distinct {value} from {rows.relation} as rows where {condition}"
    ).fetchall()
    return {text for (text,) in found if text}


def _only(
    connection: duckdb.DuckDBPyConnection,
    rows: RawRows,
    value: str,
    theirs: str,
    among: str = "true",
) -> set[str]:
    """Values that the person's rows have and, `among` the rows that matter, no other."""
    theirs_alone = _values(connection, rows, value, theirs)
    if not theirs_alone:
        return theirs_alone
    listed = ", ".join(map(literal, sorted(theirs_alone)))
    shared = _values(connection, rows, value, f"{value} in ({listed}) and {among} and not {theirs}")
    return theirs_alone - shared
