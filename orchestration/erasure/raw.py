"""Raw rows without the erased persons: in the work database, and in what a load is about to append.

A row stays a row, so that what is counted stays. Its ids and address become others that are the
same wherever the person's stood, and whatever else says who the person is becomes null.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.contract import RawTable, available_sources, raw_tables
from orchestration.erasure.pseudonyms import (
    digest,
    email_pseudonym,
    id_pseudonym,
    is_tombstone,
    normalised_email,
)
from orchestration.erasure.register import Tombstone
from orchestration.ingestion.columns import METADATA
from orchestration.ingestion.ledger import dataset_name
from orchestration.sql import file_literal, identifier, literal

ID_KINDS = ("lead_id", "customer_id", "visitor_id")
CREATED_AT = "created_at"
ERASED_TEXT = "(erased)"
_FIELD_ENDS = literal(r'[,;|\t"{}\[\]]+')
_WORD_ENDS = literal(r'[\s,;|"{}:<>()\[\]]+')


@dataclass(frozen=True)
class RawRows:
    """Rows of a raw table, taken from `relation` (SQL), with those columns that it has."""

    table: RawTable
    relation: str
    columns: Sequence[str]

    def of_kind(self, *kinds: str) -> list[str]:
        """The columns that are declared to hold such personal data."""
        return [
            column.name
            for column in self.table.columns
            if column.pii in kinds and column.name in self.columns
        ]

    @property
    def ids(self) -> list[tuple[str, str]]:
        """The columns that hold an id of a person, and whose."""
        return [(name, kind) for kind in ID_KINDS for name in self.of_kind(kind)]

    @property
    def undeclared(self) -> list[str]:
        """The columns that only the file knows; nobody said that they are not personal."""
        known = {*self.table.column_names, *METADATA.names}
        return [name for name in self.columns if name not in known and not name.startswith("_dlt_")]

    @property
    def addresses(self) -> list[str]:
        """The columns that may hold an e-mail address."""
        return [*self.of_kind("email"), *self.undeclared]

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
        return any(column.pii for column in self.table.columns)


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
        f"trim(rows.{identifier(name)}) as value from {rows.relation} as rows "
        f"where rows.{identifier(name)} is not null"
        for name, kind in rows.ids
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
        f"select distinct {normalised_email(f'rows.{identifier(name)}')} as email "
        f"from {rows.relation} as rows where rows.{identifier(name)} like '%@%'"
        for name in rows.addresses
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
        f"(({rows.system}, {literal(kind)}, trim(rows.{identifier(name)})) "
        "in (select (system, owner, value) from erased_ids))"
        for name, kind in rows.ids
    ]
    is_dated = rows.of_kind("email") and CREATED_AT in rows.columns
    created_at = f"try_cast(rows.{CREATED_AT} as timestamp)" if is_dated else "null::timestamp"
    conditions += [
        f"exists (select 1 from erased_emails "
        f"where email = {normalised_email(f'rows.{identifier(name)}')} "
        f"and not coalesce({created_at} > erased_at, false))"
        for name in rows.addresses
    ]
    leads = rows.of_kind("lead_id")
    if rows.of_kind("email"):
        # a row that lost its id can only be told by what else it says
        nameless = " and ".join(f"rows.{identifier(name)} is null" for name in leads)
        conditions += [
            f"({nameless} and {is_tombstone('mention', f'lower(trim(rows.{identifier(name)}))')})"
            for name in rows.of_kind("personal")
        ]
    return f"coalesce({' or '.join(conditions)}, false)" if conditions else "false"


def mentions(text: str) -> str:
    """SQL that is true where a line names an erased person in one of its fields or words."""
    parts = f"""
        list_concat(
            list_transform(regexp_split_to_array(lower({text}), {_FIELD_ENDS}), lambda p: trim(p)),
            regexp_split_to_array(lower({text}), {_WORD_ENDS})
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
    kinds = {column.name: column.pii for column in rows.table.columns}
    undeclared = set(rows.undeclared)
    selected = []
    for name in rows.columns:
        value = f"rows.{identifier(name)}"
        kind = kinds.get(name)
        if kind in ID_KINDS:
            value = (
                "coalesce((select any_value(pseudonym) from erased_ids "
                f"where system = {rows.system} and owner = {literal(kind)} "
                f"and erased_ids.value = trim({value})), {value})"
            )
        elif kind == "email":
            value = f"case when is_persons then {email_pseudonym(value)} else {value} end"
        elif kind == "free_text":
            column = literal(rows.name_of(name))
            kept = is_tombstone("kept", column, f"trim({value})")
            value = f"case when not is_persons or {kept} then {value} end"
        elif kind in ("personal", "attribute") or name in undeclared:
            value = f"case when not is_persons then {value} end"
        elif name == "_raw_text":
            value = f"case when {names_somebody()} then {literal(ERASED_TEXT)} else {value} end"
        selected.append(f"{value} as {identifier(name)}")
    return f"""
        select {", ".join(selected)}
        from (
            select rows.*, {is_persons(rows)} as is_persons
            from {rows.relation} as rows
        ) as rows
    """


def newly_found(connection: duckdb.DuckDBPyConnection, rows: RawRows) -> set[Tombstone]:
    """Tombstones for leads of an erased person's address that no tombstone names yet."""
    if not rows.of_kind("email") or not rows.of_kind("lead_id"):
        return set()
    mark(connection, rows)
    [lead_id] = rows.of_kind("lead_id")
    found = connection.execute(
        f"""
        select distinct {digest("id", rows.system, "'lead_id'", f"trim(rows.{lead_id})")}
        from {rows.relation} as rows
        where rows.{lead_id} is not null
            and {is_persons(rows)}
            and not {is_tombstone("id", rows.system, "'lead_id'", f"trim(rows.{lead_id})")}
        """
    ).fetchall()
    return {Tombstone(kind="id", digest=value) for (value,) in found}


def has_persons(connection: duckdb.DuckDBPyConnection, rows: RawRows) -> bool:
    """True if any of these rows, which are marked, is or names an erased person's."""
    found = connection.execute(
        f"select 1 from {rows.relation} as rows "
        f"where {is_persons(rows)} or {names_somebody()} limit 1"
    ).fetchall()
    return bool(found)
