"""What a reader finds in PostgreSQL."""

import psycopg

GENERATION = """
    with generations as (
        select generation from core.dim_leads
        union select generation from marts.mart_funnel
        union select generation from marts.mart_first_leads
        union select substr(project_version, 3)::bigint from marts.published_release
    )
    select
        array_agg(generation), (select count(*) from core.dim_leads),
        (select count(*) from marts.mart_first_leads)
    from generations
"""


def generation_in(connection: psycopg.Connection) -> int:
    """The one generation that every table in PostgreSQL shows, whole."""
    row = connection.execute(GENERATION).fetchone()
    assert row
    generations, leads, first_leads = row
    assert len(generations) == 1, f"a mix of generations: {generations}"
    assert (leads, first_leads) == (100 + generations[0], 10)
    return int(generations[0])


def schemas_in(connection: psycopg.Connection) -> set[str]:
    """The schemas that are not PostgreSQL's own."""
    found = connection.execute(
        "select nspname from pg_namespace where nspname !~ '^(pg_|information_schema)'"
    )
    return {name for (name,) in found.fetchall()}
