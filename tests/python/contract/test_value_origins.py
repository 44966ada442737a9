"""The raw columns whose values reach a column of a mapping; what cannot be followed is said."""

import pytest

from orchestration.build.value_origins import Query, UnreadableError

TABLES = {
    ("raw_acme", "people"): ["id", "email", "name", "emails"],
    ("raw_acme", "history"): ["id", "property", "value", "changed_at"],
}


def origins(sql: str, column: str = "mail") -> dict[str, list[str]]:
    """The texts that limit each origin, by origin."""
    return {
        f"{origin.table}.{origin.column}": sorted(dict(origin.limits).get("property", []))
        for origin in Query(sql, TABLES).origins(column)
    }


@pytest.mark.parametrize(
    "sql",
    [
        'select lower(trim(email)) as mail from "work"."raw_acme"."people"',
        'select "Email" as MAIL from raw_acme.people',
        "with source as (select * from raw_acme.people) select email as mail from source",
        "select email as e, e as mail from raw_acme.people",
        "select h.id, email as mail from raw_acme.people join raw_acme.history as h using (id)",
        "select first(email order by name) as mail from raw_acme.people group by id",
        "select max_by(email, name) as mail from raw_acme.people",
        "select case when name = 'x' then email end as mail from raw_acme.people",
        "select last_value(email) over (partition by name order by id) as mail "
        "from raw_acme.people",
        "select (select max(email) from raw_acme.people as p where p.id = h.id) as mail "
        "from raw_acme.history as h",
        "with s as (select {'a': email} as packed from raw_acme.people) "
        "select packed.a as mail from s",
    ],
)
def test_value_comes_from_the_column(sql: str) -> None:
    assert origins(sql) == {"people.email": []}


@pytest.mark.parametrize(
    "sql",
    [
        "select unnest(string_split(emails, ';')) as mail from raw_acme.people",
        "select t.e as mail from raw_acme.people, unnest(string_split(emails, ';')) as t(e)",
        "select list_filter(split(emails, ','), lambda x: x like '%@%')[1] as mail "
        "from raw_acme.people",
    ],
)
def test_list_is_followed(sql: str) -> None:
    assert origins(sql) == {"people.emails": []}


def test_all_ways_are_followed() -> None:
    sql = """
        select email as mail from raw_acme.people
        union all select value from raw_acme.history
        union all select coalesce(name, emails) from raw_acme.people
    """
    assert {*origins(sql)} == {"people.email", "history.value", "people.name", "people.emails"}


@pytest.mark.parametrize(
    "sql",
    [
        "select max(case when property = 'email' then value end) as mail from raw_acme.history",
        "select max(case property when 'email' then value end) as mail from raw_acme.history",
        "select max(value) filter (where property = 'email' and id > '1') as mail "
        "from raw_acme.history",
        "with h as (select * from raw_acme.history where property in ('email')) "
        "select value as mail from h",
        "select h.value as mail from raw_acme.people as p "
        "left join raw_acme.history as h on h.id = p.id and h.property = 'email'",
    ],
)
def test_property_is_told_by_the_condition(sql: str) -> None:
    assert origins(sql) == {"history.value": ["email"]}


def test_two_conditions_leave_what_both_allow() -> None:
    sql = """
        with h as (select * from raw_acme.history where property in ('email', 'phone'))
        select case when property = 'email' or property = 'name' then value end as mail from h
    """
    assert origins(sql) == {"history.value": ["email"]}


@pytest.mark.parametrize(
    "sql",
    [
        "select value as mail from raw_acme.history",
        "select case when property = 'x' then null else value end as mail from raw_acme.history",
        "select case when property <> 'x' then value end as mail from raw_acme.history",
        "select case when property = 'x' or id = '1' then value end as mail from raw_acme.history",
        "select value as mail from raw_acme.history as h where exists ("
        "select 1 from raw_acme.history as o where o.property = 'x')",
    ],
)
def test_condition_that_does_not_name_the_property_limits_nothing(sql: str) -> None:
    assert origins(sql) == {"history.value": []}


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select correo as mail from raw_acme.people", "takes correo from what is not declared"),
        ("select to_json(p) as mail from raw_acme.people as p", "p is a whole row"),
        ("select email from raw_acme.people", "no column mail"),
        ("select columns('em.*') from raw_acme.people", "no column mail"),
        ("pivot raw_acme.history on property in ('mail') using max(value)", "is no query"),
        ("select from where", "Expected"),
    ],
)
def test_what_cannot_be_followed_is_said(sql: str, said: str) -> None:
    with pytest.raises(UnreadableError, match=said):
        origins(sql)
