"""The swap: fresh schemas take the place of the old ones, between the readers' transactions.

A rename alone would not do. PostgreSQL looks names up in the newest catalogue, whatever snapshot a
transaction has: one that had read a table of the old release would find the next table in the new
one. So the old tables are locked first, all of them, which is possible only while no transaction
has read any. Whoever has, keeps the whole old release until the end of the transaction, and the
swap waits for that; whoever has not, gets the whole new one.

The locks are asked for in a way that harms no reader: while a lock is waited for, readers who come
to that table wait behind it. So the swap stands in line for a moment only, again and again, and
steps aside between. Many short moments find the gaps between short transactions; a longer one now
and then lets overlapping queries run out. None is as long as the second after which PostgreSQL
looks for deadlocks, so no reader is ever chosen as the victim of one.
"""

import time
from collections.abc import Sequence
from itertools import cycle

import psycopg
from psycopg import sql

from orchestration.releases.postgres.target import PostgresAwayError, PostgresError

QUEUES = (*(0.01,) * 20, 0.5)
"""Seconds in line for the locks, one attempt after the other, over and over."""
ASIDE = 4
"""How many times as long as it stood in line the swap then steps aside."""
OWN = "Published by funnel: "
"""How the comment on a schema begins that is ours to replace."""


def refuse_foreign(connection: psycopg.Connection, schemas: Sequence[str]) -> None:
    """Stop where a schema of this name is there that no publication made.

    Raises:
        PostgresError: names the schema.
    """
    found = connection.execute(
        """
        select nspname from pg_namespace
        where
            nspname = any(%s)
            and not starts_with(coalesce(obj_description(oid, 'pg_namespace'), ''), %s)
        order by nspname
        """,
        [list(schemas), OWN],
    ).fetchall()
    if found:
        raise PostgresError(
            f"The database has a schema {found[0][0]} that funnel did not make, so it will not "
            "replace it. Use a separate database, or set FUNNEL_POSTGRES_PREFIX."
        )


def existing(connection: psycopg.Connection, schemas: Sequence[str]) -> list[str]:
    """Those of the schemas that are there."""
    found = connection.execute(
        "select nspname from pg_namespace where nspname = any(%s)", [list(schemas)]
    ).fetchall()
    return [schema for (schema,) in found]


def swap(connection: psycopg.Connection, fresh: dict[str, str], patience: float) -> None:
    """Put each schema of `fresh` in its place: its name now -> its name for readers.

    Raises:
        PostgresError: readers kept the old tables for longer than `patience` seconds, or something
            that funnel did not make depends on them.
    """
    schemas = list(fresh.values())
    tables = _tables(connection, schemas)
    if tables:
        lock(connection, tables, patience)
    drop(connection, existing(connection, schemas), tables)
    for name, schema in fresh.items():
        rename = sql.SQL("alter schema {} rename to {}")
        connection.execute(rename.format(sql.Identifier(name), sql.Identifier(schema)))


def lock(connection: psycopg.Connection, tables: Sequence[sql.Identifier], patience: float) -> None:
    """Lock all tables against every reader, at a moment when no transaction has read any.

    Raises:
        PostgresError: there was no such moment; names the transactions that stood in the way.
    """
    every = sql.SQL("lock table {} in access exclusive mode").format(sql.SQL(", ").join(tables))
    deadline = time.monotonic() + patience
    for queue in cycle(QUEUES):
        try:
            with connection.transaction():
                # of the statement, not of one lock: there is one lock per table
                connection.execute(f"set local statement_timeout = {queue * 1000:.0f}")
                connection.execute(every)
                connection.execute("set local statement_timeout = 0")
            return
        except psycopg.errors.QueryCanceled:
            if time.monotonic() > deadline:
                raise PostgresAwayError(_in_the_way(connection, tables, patience)) from None
            time.sleep(queue * ASIDE)


def drop(
    connection: psycopg.Connection, schemas: Sequence[str], tables: Sequence[sql.Identifier]
) -> None:
    """Drop schemas and their tables, unless a view or the like depends on them.

    Raises:
        PostgresError: names what depends on them.
    """
    try:
        if tables:
            connection.execute(sql.SQL("drop table {}").format(sql.SQL(", ").join(tables)))
        for schema in schemas:
            connection.execute(sql.SQL("drop schema {}").format(sql.Identifier(schema)))
    except psycopg.errors.DependentObjectsStillExist as error:
        raise PostgresError(
            f"Something depends on the last release: {error.diag.message_detail}\n"
            "It would keep showing that release, and funnel does not drop what it did not make. "
            "Drop it, and define it as a model here or as a query in the BI tool."
        ) from error


def _tables(connection: psycopg.Connection, schemas: Sequence[str]) -> list[sql.Identifier]:
    found = connection.execute(
        """
        select schemaname, tablename from pg_tables
        where schemaname = any(%s) order by schemaname, tablename
        """,
        [list(schemas)],
    ).fetchall()
    return [sql.Identifier(*name) for name in found]


def _in_the_way(
    connection: psycopg.Connection, tables: Sequence[sql.Identifier], patience: float
) -> str:
    names = [table.as_string(connection) for table in tables]
    found = connection.execute(
        """
        select distinct pid, usename, application_name
        from pg_locks join pg_stat_activity using (pid)
        where relation = any(%s::regclass[]) and granted and pid <> pg_backend_pid()
        order by pid
        """,
        [names],
    ).fetchall()
    sessions = "; ".join(
        f"user {user}, application '{application}', process {pid}"
        for pid, user, application in found
    )
    return (
        f"Readers kept the last release's tables in open transactions for {patience:g} s, so it "
        f"was not replaced: {sessions or 'they have ended by now'}.\n"
        "End them (select pg_terminate_backend(PROCESS)), or give the readers an "
        "idle_in_transaction_session_timeout; or wait longer with FUNNEL_POSTGRES_PATIENCE."
    )
