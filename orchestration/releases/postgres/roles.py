"""The role that may read the release and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from orchestration.releases.copy import PUBLISHED_SCHEMAS
from orchestration.releases.postgres.swap import existing, refuse_foreign
from orchestration.releases.postgres.target import PostgresError, Target, transaction


@dataclass(frozen=True)
class GrantReport:
    """The role that may read, and whether it was made just now."""

    reader: str
    is_new: bool


def grant(target: Target, members: Sequence[str] = ()) -> GrantReport:
    """Let the reader role read what is published, and make `members` (users) members of it.

    The role is made where it is missing; it cannot log in. Each publication grants it again.

    Raises:
        PostgresError: the connected user may not do that; says who may, and how.
    """
    with transaction(target) as connection:
        is_new = not role_exists(connection, target.reader)
        reader = sql.Identifier(target.reader)
        try:
            if is_new:
                connection.execute(sql.SQL("create role {} nologin").format(reader))
            for member in members:
                give = sql.SQL("grant {} to {}")
                connection.execute(give.format(reader, sql.Identifier(member)))
        except psycopg.errors.InsufficientPrivilege as error:
            raise PostgresError(_for_an_administrator(target.reader, members)) from error
        schemas = [f"{target.prefix}{schema}" for schema in PUBLISHED_SCHEMAS]
        refuse_foreign(connection, schemas)
        grant_read(connection, existing(connection, schemas), target.reader)
    return GrantReport(target.reader, is_new)


def role_exists(connection: psycopg.Connection, role: str) -> bool:
    """True if the server has a role of this name."""
    found = connection.execute("select from pg_roles where rolname = %s", [role])
    return found.rowcount > 0


def grant_read(connection: psycopg.Connection, schemas: Sequence[str], reader: str) -> None:
    """Let a role read every table of some schemas, and no more."""
    for schema in schemas:
        names = {"schema": sql.Identifier(schema), "reader": sql.Identifier(reader)}
        connection.execute(sql.SQL("grant usage on schema {schema} to {reader}").format(**names))
        select = sql.SQL("grant select on all tables in schema {schema} to {reader}")
        connection.execute(select.format(**names))


def _for_an_administrator(reader: str, members: Sequence[str]) -> str:
    statements = [
        f"create role {reader} nologin;",
        *(f"grant {reader} to {member};" for member in members),
    ]
    return (
        "The user of FUNNEL_POSTGRES may not make or grant roles. Ask an administrator of the "
        f"server to run (the first only where the role is missing):\n  {' '.join(statements)}\n"
        "Then run `funnel postgres grant` again."
    )
