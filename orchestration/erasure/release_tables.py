"""The tables of a release without the erased persons, as SQL.

A release knows its leads by their ids (`core.dim_leads`) and everything else by keys, which are
hashes that anybody could work out from the id. Both become others: a lead's key is the one that a
build from the rewritten raw tables gives, so a release from before an erasure and one from after it
name the same person alike; any other key that only the person's rows have becomes a keyed hash.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from orchestration.erasure.pseudonyms import digest, id_pseudonym, is_tombstone, lead_key
from orchestration.sql import identifier, literal

PERSON_COLUMNS = ("person_key", "lead_key")
OLD = "held"
"""The release as it is, as the catalog of its database."""

_SYSTEM = "source_system"
_CUSTOMER = "customer_id"
_KEY_LENGTH = 32


@dataclass(frozen=True)
class ReleaseTable:
    """A table of a release, and its columns of text."""

    schema: str
    name: str
    texts: tuple[str, ...]

    @property
    def relation(self) -> str:
        """The table, quoted, in the release as it is."""
        return f"{OLD}.{identifier(self.schema)}.{identifier(self.name)}"

    @property
    def persons(self) -> list[str]:
        """The columns that say whose a row is."""
        return [column for column in PERSON_COLUMNS if column in self.texts]

    @property
    def keys(self) -> list[str]:
        """The columns of all other keys."""
        return [
            column
            for column in self.texts
            if column.endswith("_key") and column not in PERSON_COLUMNS
        ]

    @property
    def words(self) -> list[str]:
        """The columns that are neither a key nor an id."""
        return [column for column in self.texts if not column.endswith(("_key", "_id"))]

    def is_persons(self) -> str:
        """SQL that is true for a row of an erased person."""
        keys = [f"{column} in (select old_key from person_keys)" for column in self.persons]
        return f"coalesce({' or '.join(keys) or 'false'}, false)"


def tables_of_release(connection: duckdb.DuckDBPyConnection) -> list[ReleaseTable]:
    """The tables of the release that is attached as it is."""
    found = connection.execute(
        f"""
        select
            schema_name,
            table_name,
            coalesce(
                list(column_name order by column_index) filter (where data_type = 'VARCHAR'), []
            )
        from duckdb_columns()
        where database_name = {literal(OLD)}
        group by all
        order by all
        """
    ).fetchall()
    return [ReleaseTable(schema, name, tuple(texts)) for schema, name, texts in found]


def find_persons(connection: duckdb.DuckDBPyConnection, tables: list[ReleaseTable]) -> bool:
    """Note, in temporary tables, what of the erased persons the release holds; whether it does."""
    _find_ids(connection, tables)
    _find_keys(connection, tables)
    words = _union(
        f"select distinct {identifier(column)} as word from {table.relation}"
        for table in tables
        for column in table.words
    )
    connection.execute(
        "create or replace temp table removed_words as select distinct word "
        f"from ({words or 'select null::varchar as word'}) where {is_tombstone('removed', 'word')}"
    )
    found = connection.execute(
        "select (select count(*) from erased_ids) + (select count(*) from removed_words)"
    ).fetchall()
    return bool(found[0][0])


def count_ids(connection: duckdb.DuckDBPyConnection, tables: list[ReleaseTable]) -> int:
    """Number of ids of erased persons that the release holds."""
    _find_ids(connection, tables)
    [[count]] = connection.execute("select count(*) from erased_ids").fetchall()
    return int(count)


def _find_ids(connection: duckdb.DuckDBPyConnection, tables: list[ReleaseTable]) -> None:
    found = [
        f"select distinct {_SYSTEM} as system, {literal(column)} as owner, {column} as value "
        f"from {table.relation}"
        for table in tables
        for column in ("lead_id", _CUSTOMER)
        if {column, _SYSTEM} <= set(table.texts)
    ]
    nothing = (
        "select null::varchar as system, null::varchar as owner, null::varchar as value where false"
    )
    connection.execute(
        f"""
        create or replace temp table erased_ids as
        select system, owner, value, {id_pseudonym("system", "owner", "value")} as pseudonym
        from ({_union([*found, nothing])}) where {is_tombstone("id", "system", "owner", "value")}
        """
    )


def _find_keys(connection: duckdb.DuckDBPyConnection, tables: list[ReleaseTable]) -> None:
    """Find the keys to replace: of leads, of customers, and those only the persons' rows have."""
    connection.execute(
        f"""
        create or replace temp table person_keys as
        select
            {lead_key("system", "value")} as old_key,
            {lead_key("system", "pseudonym")} as new_key
        from erased_ids where owner in ('lead_id', 'customer_id')
        """
    )
    theirs = _union(
        f"select distinct {identifier(column)} as old_key from {table.relation} "
        f"where length({identifier(column)}) = {_KEY_LENGTH} and {table.is_persons()}"
        for table in tables
        for column in table.keys
        if table.persons
    )
    connection.execute(
        "create or replace temp table candidates as select distinct old_key "
        f"from ({theirs or 'select null::varchar as old_key where false'}) "
        "where old_key not in (select old_key from person_keys)"
    )
    others = _union(
        f"select distinct {identifier(column)} as old_key from {table.relation} "
        f"where {identifier(column)} in (select old_key from candidates) "
        f"and not {table.is_persons()}"
        for table in tables
        for column in table.keys
    )
    connection.execute(
        f"""
        create or replace temp table erased_keys as
        from person_keys
        union all
        select old_key, left({digest("id", "'key'", "old_key")}, {_KEY_LENGTH}) as new_key
        from candidates
        where old_key not in (
            from ({others or "select null::varchar as old_key where false"})
            where old_key is not null
        )
        """
    )


def without_persons(connection: duckdb.DuckDBPyConnection, table: ReleaseTable) -> str:
    """Query for the rows of a table without what names the erased persons."""
    changed: dict[str, str] = {}
    joins: list[str] = []
    for number, column in enumerate([*table.persons, *table.keys]):
        value = f"rows.{identifier(column)}"
        joins.append(f"left join erased_keys as key_{number} on {value} = key_{number}.old_key")
        changed[column] = f"coalesce(key_{number}.new_key, {value})"
    for column in ("lead_id", _CUSTOMER):
        if {column, _SYSTEM} <= set(table.texts):
            value = f"rows.{column}"
            joins.append(
                f"left join erased_ids as of_{column} on rows.{_SYSTEM} = of_{column}.system "
                f"and of_{column}.owner = '{column}' and {value} = of_{column}.value"
            )
            changed[column] = f"coalesce(of_{column}.pseudonym, {value})"
    has_words = connection.execute("select count(*) from removed_words").fetchall()[0][0]
    if has_words:
        for column in table.words:
            value = f"rows.{identifier(column)}"
            changed[column] = (
                f"case when {value} in (select word from removed_words) then null else {value} end"
            )
    if not changed:
        return f"from {table.relation}"
    replaced = ", ".join(f"{value} as {identifier(name)}" for name, value in changed.items())
    return f"select rows.* replace ({replaced}) from {table.relation} as rows {' '.join(joins)}"


def _union(queries: Iterable[str]) -> str:
    return " union ".join(queries)
