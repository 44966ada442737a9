"""Raw rows without the erased persons: in the work database, and in what a load is about to append.

A row stays a row, so that what is counted stays. Its ids and address become others that are the
same wherever the person's stood, and whatever else says who the person is becomes null.
"""

import duckdb

from orchestration.contract import ID_KINDS, Properties
from orchestration.erasure.creations import Creations
from orchestration.erasure.pseudonyms import (
    digest,
    email_pseudonym,
    id_pseudonym,
    is_tombstone,
)
from orchestration.erasure.raw_rows import RawRows, is_one_of, text_of
from orchestration.erasure.register import Tombstone, keyed_digest
from orchestration.erasure.salesforce_ids import forms
from orchestration.sql import identifier, literal
from orchestration.words import normalised_email

ERASED_TEXT = "(erased)"
FIELD_ENDS = literal(r'[,;|\t"{}\[\]]+')
WORD_ENDS = literal(r'[\s,;|"{}:<>()\[\]]+')


def mark(connection: duckdb.DuckDBPyConnection, rows: RawRows, creations: Creations) -> None:
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
    _mark_addressed(connection, rows, creations)


def _mark_addressed(
    connection: duckdb.DuckDBPyConnection, rows: RawRows, creations: Creations
) -> None:
    """Note which rows have an erased address, and when their lead was created (null = unknown)."""
    connection.execute(
        "create or replace temp table addressed "
        "(file_id varchar, source_row bigint, erased_at timestamp, created_at timestamp)"
    )
    [[count]] = connection.execute("select count(*) from erased_emails").fetchall()
    if not count:
        return
    creations.read(rows.table.source)
    found = [
        f"select _file_id, _source_row, {normalised_email(value.text)} as email "
        f"from {rows.relation} as rows "
        f"where {normalised_email(value.text)} in (select email from erased_emails)"
        for value in rows.addresses
    ]
    of_named_leads = [
        f"select rows._file_id, rows._source_row, leads.created_at "
        f"from {rows.relation} as rows semi join found using (_file_id, _source_row) "
        f"inner join lead_creations as leads "
        f"on leads.system = {rows.system} and leads.value = trim({lead.text})"
        for lead in rows.of_kind("lead_id")
    ]
    connection.execute(
        f"""
        insert into addressed
        with found as ({" union ".join(found)}),

        created as (
            {" union all ".join(["from creations", *of_named_leads])}
        )

        select
            _file_id,
            _source_row,
            max(erased_at),
            case when count(*) = count(created_at) then min(created_at) end
        from found
        inner join erased_emails using (email)
        left join created using (_file_id, _source_row)
        group by 1, 2
        """
    )


def is_persons(rows: RawRows) -> str:
    """SQL that is true for a row of an erased person, once it is marked; the row is `rows`.

    A row with an erased address is, unless its lead is known to have been created afterwards.
    """
    conditions = [
        _has_erased_id(rows),
        "((rows._file_id, rows._source_row) in (select (file_id, source_row) from addressed "
        "where not coalesce(created_at > erased_at, false)))",
    ]
    if emails := rows.of_kind("email"):
        # a row that lost its id can only be told by what else it says
        owners = rows.of_kind("lead_id") or emails
        nameless = " and ".join(f"({owner.text}) is null" for owner in owners)
        conditions += [
            f"({nameless} and {is_tombstone('mention', f'lower(trim({value.text}))')})"
            for value in rows.of_kind("personal")
        ]
    return f"coalesce({' or '.join(conditions)}, false)"


def _has_erased_id(rows: RawRows) -> str:
    conditions = [
        f"(({rows.system}, {literal(kind)}, trim({value.text})) "
        "in (select (system, owner, value) from erased_ids))"
        for value, kind in rows.ids
    ]
    return f"coalesce({' or '.join(conditions)}, false)" if conditions else "false"


def count_undated(connection: duckdb.DuckDBPyConnection, rows: RawRows) -> int:
    """Number of these rows, which are marked, that only an address without a moment makes theirs.

    The lead may be of a person who came back, and nothing says so.
    """
    [[count]] = connection.execute(
        f"select count(*) from {rows.relation} as rows where not {_has_erased_id(rows)} "
        "and (rows._file_id, rows._source_row) "
        "in (select (file_id, source_row) from addressed where created_at is null)"
    ).fetchall()
    return int(count)


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
        value = text_of(name)
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
    value = text_of(name)
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
        f"when {is_one_of(properties, properties.of_kind(kind))} "
        f"then {_without_person(rows, name, kind)}"
        for kind in dict.fromkeys(kind for _, kind in properties.kinds)
    )
    return f"case {cases} else {of_nobody_known} end" if cases else of_nobody_known


def newly_found(connection: duckdb.DuckDBPyConnection, rows: RawRows, key: bytes) -> set[Tombstone]:
    """Tombstones for leads of these rows, which are marked, that no tombstone names yet.

    They have the address of an erased person. `key` is the register's, by which the connection
    hashes.
    """
    found = set[tuple[str, str]]()
    for lead in rows.of_kind("lead_id"):
        lead_id = f"trim({lead.text})"
        found |= set(
            connection.execute(
                f"""
                select distinct {rows.system}, {lead_id}
                from {rows.relation} as rows
                where {lead_id} is not null
                    and {is_persons(rows)}
                    and not {is_tombstone("id", rows.system, "'lead_id'", lead_id)}
                """
            ).fetchall()
        )
    return {
        Tombstone(kind="id", digest=keyed_digest(key, "id", system, "lead_id", form))
        for system, lead in found
        for form in forms(lead)
    }


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
