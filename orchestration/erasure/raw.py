"""Raw rows without the erased persons: in the work database, and in what a load is about to append.

A row stays a row, so that what is counted stays. Its ids and address become others that are the
same wherever the person's stood, and whatever else says who the person is becomes null.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.contract import (
    ID_KINDS,
    Column,
    Properties,
    RawTable,
    available_sources,
    raw_tables,
)
from orchestration.erasure.pseudonyms import (
    digest,
    email_pseudonym,
    id_pseudonym,
    is_tombstone,
)
from orchestration.erasure.register import Tombstone
from orchestration.ingestion.columns import METADATA
from orchestration.ingestion.ledger import dataset_name
from orchestration.iso_moments import iso_moment
from orchestration.sql import file_literal, identifier, literal
from orchestration.words import normalised_email

CREATED_AT = "created_at"
ERASED_TEXT = "(erased)"
FIELD_ENDS = literal(r'[,;|\t"{}\[\]]+')
WORD_ENDS = literal(r'[\s,;|"{}:<>()\[\]]+')


@dataclass(frozen=True)
class Value:
    """A personal value of a row, which is `rows`: its column, and SQL of its text."""

    column: str
    text: str


@dataclass(frozen=True)
class RawRows:
    """Rows of a raw table, taken from `relation` (SQL), with those columns that it has."""

    table: RawTable
    relation: str
    columns: Sequence[str]

    def of_kind(self, *kinds: str) -> list[Value]:
        """The values that are declared to be such personal data."""
        plain = [
            Value(column.name, _text(column.name))
            for column in self._declared
            if column.pii in kinds
        ]
        by_property = [
            Value(
                column.name,
                f"case when {_is_one_of(properties, names)} then {_text(column.name)} end",
            )
            for column, properties in self._histories
            if (names := properties.of_kind(*kinds))
        ]
        return [*plain, *by_property]

    @property
    def ids(self) -> list[tuple[Value, str]]:
        """The values that are an id of a person, and whose."""
        return [(value, kind) for kind in ID_KINDS for value in self.of_kind(kind)]

    @property
    def undeclared(self) -> list[str]:
        """The columns that only the file knows; nobody said that they are not personal."""
        known = {*self.table.column_names, *METADATA.names}
        return [name for name in self.columns if name not in known and not name.startswith("_dlt_")]

    @property
    def addresses(self) -> list[Value]:
        """The values that may be an e-mail address."""
        of_no_kind = [
            Value(
                column.name,
                f"case when {_is_one_of(properties, [name for name, _ in properties.kinds])} "
                f"then null else {_text(column.name)} end",
            )
            for column, properties in self._histories
        ]
        unknown = [Value(name, _text(name)) for name in self.undeclared]
        return [*self.of_kind("email"), *of_no_kind, *unknown]

    @property
    def system(self) -> str:
        """SQL of the source system of a row."""
        source = literal(self.table.source)
        if "source_system" not in self.columns:
            return source
        return f"coalesce(nullif(trim(rows.source_system), ''), {source})"

    def name_of(self, column: str) -> str:
        """A column's name among those of all sources."""
        return f"{self.table.source}.{self.table.name}.{column}"

    @property
    def has_people(self) -> bool:
        """True if a row can be a person's at all."""
        return any(column.pii or column.properties for column in self.table.columns)

    @property
    def _declared(self) -> list[Column]:
        return [column for column in self.table.columns if column.name in self.columns]

    @property
    def _histories(self) -> list[tuple[Column, Properties]]:
        return [
            (column, column.properties)
            for column in self._declared
            if column.properties and column.properties.by in self.columns
        ]


def _text(column: str) -> str:
    return f"rows.{identifier(column)}"


def _is_one_of(properties: Properties, names: Sequence[str]) -> str:
    """SQL that is true for a row of one of these properties, and null or false for any other."""
    listed = ", ".join(map(literal, names)) or "null"
    return f"trim({_text(properties.by)}) in ({listed})"


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


def file_rows(connection: duckdb.DuckDBPyConnection, table: RawTable, path: Path) -> RawRows:
    """The rows of a Parquet file that a load has read."""
    relation = f"read_parquet({file_literal(path)})"
    described = connection.execute(f"describe from {relation}").fetchall()
    return RawRows(table, relation, [name for name, *_ in described])


def mark(connection: duckdb.DuckDBPyConnection, rows: RawRows) -> None:
    """Note, in temporary tables, which ids and addresses of these rows are an erased person's."""
    ids = [
        f"select distinct {rows.system} as system, {literal(kind)} as owner, "
        f"trim({value.text}) as value from {rows.relation} as rows "
        f"where ({value.text}) is not null"
        for value, kind in rows.ids
    ]
    nothing = "select null::varchar as system, null::varchar as owner, null::varchar as value"
    connection.execute(
        f"""
        create or replace temp table erased_ids as
        select system, owner, value, {id_pseudonym("system", "owner", "value")} as pseudonym
        from ({" union ".join([*ids, f"{nothing} where false"])})
        where {is_tombstone("id", "system", "owner", "value")}
        """
    )
    emails = [
        f"select distinct {normalised_email(value.text)} as email "
        f"from {rows.relation} as rows where ({value.text}) like '%@%'"
        for value in rows.addresses
    ]
    connection.execute(
        f"""
        create or replace temp table erased_emails as
        select found.email, tombstones.erased_at
        from ({" union ".join([*emails, "select null::varchar as email where false"])}) as found
        inner join tombstones
            on tombstones.kind = 'email' and {digest("email", "found.email")} = tombstones.digest
        """
    )


def is_persons(rows: RawRows) -> str:
    """SQL that is true for a row of an erased person, once it is marked; the row is `rows`.

    A lead that was created after its address was erased is somebody who came back.
    """
    conditions = [
        f"(({rows.system}, {literal(kind)}, trim({value.text})) "
        "in (select (system, owner, value) from erased_ids))"
        for value, kind in rows.ids
    ]
    is_dated = rows.of_kind("email") and CREATED_AT in rows.columns
    created_at = iso_moment(f"rows.{CREATED_AT}") if is_dated else "null::timestamp"
    conditions += [
        f"exists (select 1 from erased_emails "
        f"where email = {normalised_email(value.text)} "
        f"and not coalesce({created_at} > erased_at, false))"
        for value in rows.addresses
    ]
    if emails := rows.of_kind("email"):
        # a row that lost its id can only be told by what else it says
        owners = rows.of_kind("lead_id") or emails
        nameless = " and ".join(f"({owner.text}) is null" for owner in owners)
        conditions += [
            f"({nameless} and {is_tombstone('mention', f'lower(trim({value.text}))')})"
            for value in rows.of_kind("personal")
        ]
    return f"coalesce({' or '.join(conditions)}, false)" if conditions else "false"


def mentions(text: str) -> str:
    """SQL that is true where a line names an erased person in one of its fields or words."""
    parts = f"""
        list_concat(
            list_transform(regexp_split_to_array(lower({text}), {FIELD_ENDS}), lambda p: trim(p)),
            regexp_split_to_array(lower({text}), {WORD_ENDS})
        )
    """
    return f"""
        list_has_any(
            list_transform({parts}, lambda p: {digest("mention", "p")}),
            (select list(digest) from tombstones where kind = 'mention')
        )
    """


def names_somebody() -> str:
    """SQL that is true for a line that could not be read and names an erased person."""
    return f"(rows._raw_text is not null and {mentions('rows._raw_text')})"


def without_persons(rows: RawRows) -> str:
    """Query for the rows, in the order of their columns, without what says who a person is."""
    columns = {column.name: column for column in rows.table.columns}
    undeclared = set(rows.undeclared)
    selected = []
    for name in rows.columns:
        value = _text(name)
        if name in undeclared:
            value = _without_person(rows, name, "personal")
        elif name == "_raw_text":
            value = f"case when {names_somebody()} then {literal(ERASED_TEXT)} else {value} end"
        elif name in columns:
            properties = columns[name].properties
            value = (
                _property_without_person(rows, name, properties)
                if properties
                else _without_person(rows, name, columns[name].pii)
            )
        selected.append(f"{value} as {identifier(name)}")
    return f"""
        select {", ".join(selected)}
        from (
            select rows.*, {is_persons(rows)} as is_persons
            from {rows.relation} as rows
        ) as rows
    """


def _without_person(rows: RawRows, name: str, kind: str | None) -> str:
    """SQL of a value of the kind, without what it says of an erased person."""
    value = _text(name)
    if kind in ID_KINDS:
        return (
            "coalesce((select any_value(pseudonym) from erased_ids "
            f"where system = {rows.system} and owner = {literal(kind)} "
            f"and erased_ids.value = trim({value})), {value})"
        )
    if kind == "email":
        return f"case when is_persons then {email_pseudonym(value)} else {value} end"
    if kind == "free_text":
        kept = is_tombstone("kept", literal(rows.name_of(name)), f"trim({value})")
        return f"case when not is_persons or {kept} then {value} end"
    return value if kind is None else f"case when not is_persons then {value} end"


def _property_without_person(rows: RawRows, name: str, properties: Properties) -> str:
    """The same for a value whose kind its property says; one that is not listed is personal."""
    of_nobody_known = _without_person(rows, name, "personal")
    if properties.by not in rows.columns:
        return of_nobody_known
    cases = " ".join(
        f"when {_is_one_of(properties, properties.of_kind(kind))} "
        f"then {_without_person(rows, name, kind)}"
        for kind in dict.fromkeys(kind for _, kind in properties.kinds)
    )
    return f"case {cases} else {of_nobody_known} end" if cases else of_nobody_known


def newly_found(connection: duckdb.DuckDBPyConnection, rows: RawRows) -> set[Tombstone]:
    """Tombstones for leads of an erased person's address that no tombstone names yet."""
    if not rows.of_kind("email") or not rows.of_kind("lead_id"):
        return set()
    mark(connection, rows)
    found = set[Tombstone]()
    for lead in rows.of_kind("lead_id"):
        lead_id = f"trim({lead.text})"
        digests = connection.execute(
            f"""
            select distinct {digest("id", rows.system, "'lead_id'", lead_id)}
            from {rows.relation} as rows
            where {lead_id} is not null
                and {is_persons(rows)}
                and not {is_tombstone("id", rows.system, "'lead_id'", lead_id)}
            """
        ).fetchall()
        found |= {Tombstone(kind="id", digest=value) for (value,) in digests}
    return found


def count_persons(connection: duckdb.DuckDBPyConnection, rows: RawRows) -> int:
    """Number of these rows, which are marked, that are or name an erased person's."""
    [[count]] = connection.execute(
        f"select count(*) from {rows.relation} as rows "
        f"where {is_persons(rows)} or {names_somebody()}"
    ).fetchall()
    return int(count)


def said_of_others(connection: duckdb.DuckDBPyConnection, rows: RawRows) -> set[str]:
    """Hashes of mentions that these rows, which are marked, say of who was not erased."""
    found = set[str]()
    for value in rows.of_kind("email", "personal", *ID_KINDS):
        text = f"lower(trim({value.text}))"
        found |= {
            mention
            for (mention,) in connection.execute(
                f"select distinct {digest('mention', text)} from {rows.relation} as rows "
                f"where {is_tombstone('mention', text)} and not {is_persons(rows)}"
            ).fetchall()
        }
    return found
