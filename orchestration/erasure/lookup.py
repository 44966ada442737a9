"""Who a person is in the warehouse: the leads, addresses and other ids that are one person's."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.contract import available_sources, raw_tables
from orchestration.erasure.errors import ErasureError, UnknownPersonError
from orchestration.erasure.pseudonyms import PREFIX, equip, lead_key, normalised_email
from orchestration.erasure.raw import RawRows, is_persons, mark, names_somebody
from orchestration.erasure.register import Kind, Tombstone, keyed_digest
from orchestration.ingestion.ledger import dataset_name
from orchestration.sql import identifier, literal

PERSONS = "intermediate.int_lead_persons"
_SHORTEST_MENTION = 4


@dataclass(frozen=True)
class Person:
    """What names a person in the raw tables. It holds personal data: never write it anywhere.

    `ids` are (source system, kind of id, id); `names` are texts that only this person's rows have.
    """

    ids: frozenset[tuple[str, str, str]]
    emails: frozenset[str]
    names: frozenset[str]
    domains: frozenset[str] = frozenset()
    kept_texts: frozenset[tuple[str, str]] = frozenset()
    removed_texts: frozenset[str] = frozenset()
    rows: dict[str, int] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    @property
    def leads(self) -> list[tuple[str, str]]:
        """Source system and id of each lead."""
        return sorted((system, value) for system, kind, value in self.ids if kind == "lead_id")

    def tombstones(self, key: bytes) -> set[Tombstone]:
        """What the register keeps of the person."""
        mentions = {*self.names, *self.emails, *(value for _, _, value in self.ids)}
        texts: list[tuple[Kind, tuple[str, ...]]] = [
            *(("id", parts) for parts in self.ids),
            *(("email", (email,)) for email in self.emails),
            *(("mention", (text.lower(),)) for text in mentions if len(text) >= _SHORTEST_MENTION),
            *(("kept", ("domain", domain)) for domain in self.domains),
            *(("kept", parts) for parts in self.kept_texts),
            *(("removed", (text,)) for text in self.removed_texts),
        ]
        return {
            Tombstone(kind=kind, digest=keyed_digest(key, kind, *parts)) for kind, parts in texts
        }

    def search_terms(self, connection: duckdb.DuckDBPyConnection) -> set[str]:
        """Texts that nothing in the warehouse may hold any more, the keys of the leads included."""
        keys = {
            row[0]
            for system, lead in self.leads
            for row in connection.execute(
                f"select {lead_key(literal(system), literal(lead))}"
            ).fetchall()
        }
        return {*keys, *self.emails, *self.names, *(value for _, _, value in self.ids)}


def raw_rows(connection: duckdb.DuckDBPyConnection) -> list[RawRows]:
    """The raw tables of the work database that can hold personal data."""
    found = connection.execute(
        "select schema_name, table_name, list(column_name order by column_index) "
        "from duckdb_columns() where database_name = current_database() group by 1, 2"
    ).fetchall()
    existing = {(schema, table): columns for schema, table, columns in found}
    return [
        RawRows(
            table,
            f"{identifier(dataset_name(source))}.{identifier(table.name)}",
            existing[(dataset_name(source), table.name)],
        )
        for source in available_sources()
        for table in raw_tables(source)
        if (dataset_name(source), table.name) in existing
    ]


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
                    f"The source systems {', '.join(systems)} each have a lead of this id. "
                    "Say which one is meant with --source-system."
                )
        if not leads and not (emails and _has_address(connection, tables, emails)):
            raise UnknownPersonError(
                "Nobody in the warehouse has this "
                + ("e-mail address" if email else "lead id")
                + ". Nothing was changed, and nothing was recorded. An erased person is not found "
                "again; a file that has landed and was never loaded is not searched."
            )
        leads |= set(_same_person(connection, leads))
        return _describe(connection, tables, leads, emails)


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
            value = f"trim(rows.{identifier(lead)})"
            wanted = []
            if lead_id is not None:
                wanted.append(f"{value} = {literal(lead_id.strip())}")
            if email is not None:
                wanted += [
                    f"{normalised_email(f'rows.{identifier(name)}')} "
                    f"= {normalised_email(literal(email))}"
                    for name in rows.of_kind("email")
                ]
            if not wanted:
                continue
            found = connection.execute(
                f"select distinct {rows.system}, {value} from {rows.relation} as rows "
                f"where {value} is not null and ({' or '.join(wanted)})"
            ).fetchall()
            yield from (
                (system, lead)
                for system, lead in found
                if (source_system is None or system == source_system)
                and not lead.startswith(PREFIX)
            )


def _has_address(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[RawRows], emails: set[str]
) -> bool:
    """Whether a row without an id has one of the addresses."""
    addresses = ", ".join(map(literal, emails))
    return any(
        connection.execute(
            f"select 1 from {rows.relation} as rows "
            f"where {normalised_email(f'rows.{identifier(name)}')} in ({addresses}) limit 1"
        ).fetchall()
        for rows in tables
        for name in rows.of_kind("email")
    )


def _same_person(
    connection: duckdb.DuckDBPyConnection, leads: set[tuple[str, str]]
) -> list[tuple[str, str]]:
    """All leads of the persons that these leads are."""
    _register_leads(connection, leads)
    try:
        return connection.execute(
            f"""
            select source_system, lead_id from {PERSONS} where person_key in (
                select persons.person_key
                from {PERSONS} as persons
                inner join leads
                    on persons.source_system = leads.system and persons.lead_id = leads.value
            )
            """
        ).fetchall()
    except duckdb.CatalogException as error:
        raise ErasureError(
            "The work database does not say which leads are one person: the last build did not "
            "come so far. Run `funnel build` first."
        ) from error


def _register_leads(
    connection: duckdb.DuckDBPyConnection, leads: Iterable[tuple[str, str]]
) -> None:
    ordered = sorted(leads)
    connection.register(
        "leads",
        pa.table(
            {
                "system": pa.array([system for system, _ in ordered], pa.string()),
                "value": pa.array([lead for _, lead in ordered], pa.string()),
            }
        ),
    )


def _describe(
    connection: duckdb.DuckDBPyConnection,
    tables: Sequence[RawRows],
    leads: set[tuple[str, str]],
    asked: set[str],
) -> Person:
    _register_leads(connection, leads)
    ids = {(system, "lead_id", lead) for system, lead in leads}
    emails, names, domains = set(asked), set[str](), set[str]()
    kept, removed = set[tuple[str, str]](), set[str]()
    for rows in tables:
        if not rows.of_kind("lead_id"):
            continue
        theirs = _theirs(rows)
        for name in rows.of_kind("email"):
            email = normalised_email(f"rows.{identifier(name)}")
            emails |= _only(connection, rows, email, theirs, among=_of_a_lead(rows))
            domain = f"split_part({email}, '@', 2)"
            domains |= _values(connection, rows, domain, theirs) - _only(
                connection, rows, domain, theirs
            )
        for name in rows.of_kind("personal"):
            names |= _only(
                connection, rows, f"trim(rows.{identifier(name)})", theirs, among=_of_a_lead(rows)
            )
        for kind in ("customer_id", "visitor_id"):
            for name in rows.of_kind(kind):
                value = f"{rows.system} || chr(31) || trim(rows.{identifier(name)})"
                for text in _only(connection, rows, value, theirs, among=_of_a_lead(rows)):
                    system, _, identity = text.partition("\x1f")
                    ids.add((system, kind, identity))
        for name in rows.of_kind("free_text"):
            value = f"trim(rows.{identifier(name)})"
            alone = _only(connection, rows, value, theirs)
            removed |= alone
            kept |= {
                (rows.name_of(name), text)
                for text in _values(connection, rows, value, theirs) - alone
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
    counts: dict[str, int] = {}
    files: set[str] = set()
    for rows in tables:
        mark(connection, rows)
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
        f"({rows.system} || chr(31) || trim(rows.{identifier(name)}) "
        "in (select system || chr(31) || value from leads))"
        for name in rows.of_kind("lead_id")
    ]
    return f"coalesce({' or '.join(named)}, false)"


def _of_a_lead(rows: RawRows) -> str:
    """SQL that is true for a row that names any lead."""
    named = " or ".join(f"rows.{identifier(name)} is not null" for name in rows.of_kind("lead_id"))
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
