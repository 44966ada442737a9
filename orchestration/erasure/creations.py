"""The moments at which leads were created, as the models read them: by the source's mapping.

A lead that was created after the request is a person who came back. What an erasure looks at was
not staged yet, so the mapping itself runs here, on the raw tables and on what is about to be
appended to them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from orchestration.contract import RawTable, raw_tables
from orchestration.erasure.errors import ErasureError
from orchestration.erasure.raw_rows import RawRows
from orchestration.ingestion.columns import METADATA
from orchestration.ingestion.ledger import dataset_name
from orchestration.mapping_sql import Mappings, standalone
from orchestration.sql import file_literal, identifier, literal

MAPPED = "mapped"
"""A catalog in memory, in which the mapping finds its raw tables."""


@dataclass
class Creations:
    """Moments of creation for a connection, in its temporary tables, of one source at a time.

    `creations` has the landed rows that make leads, `lead_creations` the ids of leads in them; the
    moment is null where it cannot be read. `files` are Parquet files that a load is about to
    append, each with its raw table. A source is read when it is asked for, which few loads do.
    """

    connection: duckdb.DuckDBPyConnection
    mappings: Mappings
    files: Sequence[tuple[RawTable, Path]] = ()
    _source: str | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.connection.execute(
            "create or replace temp table creations "
            "(_file_id varchar, _source_row bigint, created_at timestamp); "
            "create or replace temp table lead_creations "
            "(system varchar, value varchar, created_at timestamp)"
        )

    def read(self, source: str) -> None:
        """Fill the tables with what the mapping of a source makes of all its rows.

        Raises:
            ErasureError: the mapping does not run.
        """
        if source == self._source:
            return
        self.connection.execute("truncate creations; truncate lead_creations")
        sql = self.mappings(source).get("leads")
        if sql is not None:
            try:
                self._run(source, sql)
            except duckdb.Error as error:
                raise ErasureError(
                    f"models/staging/{source}/stg_{source}__leads.sql does not run, so nobody can "
                    "say whether a lead with the address of an erased person was created after the "
                    f"request: {str(error).splitlines()[0]}\nCorrect the mapping, and build again."
                ) from error
        self._source = source

    def _run(self, source: str, sql: str) -> None:
        [[here]] = self.connection.execute("select current_database()").fetchall()
        self.connection.execute(f"attach ':memory:' as {MAPPED} (read_write)")
        try:
            tables = self._lay_tables(source, here)
            self.connection.execute(f"set TimeZone = 'UTC'; use {MAPPED}")
            self.connection.execute(
                f"insert into temp.creations select _file_id, _source_row, {_FIRST} "
                f"from ({standalone(sql)}) group by all"
            )
            of_leads = " union all ".join(
                f"select {rows.system} as system, trim({lead.text}) as value, made.created_at "
                f"from {rows.relation} as rows "
                "inner join temp.creations as made using (_file_id, _source_row)"
                for rows in tables
                for lead in rows.of_kind("lead_id")
            )
            if of_leads:
                self.connection.execute(
                    f"insert into temp.lead_creations select system, value, {_FIRST} "
                    f"from ({of_leads}) where value is not null group by all"
                )
        finally:
            self.connection.execute(f"use {identifier(here)}; detach {MAPPED}")

    def _lay_tables(self, source: str, here: str) -> list[RawRows]:
        schema = identifier(dataset_name(source))
        self.connection.execute(f"create schema {MAPPED}.{schema}")
        existing = self.connection.execute(
            "select table_name from duckdb_tables() "
            f"where database_name = {literal(here)} and schema_name = {literal(schema[1:-1])}"
        ).fetchall()
        laid = []
        for table in raw_tables(source):
            name = f"{schema}.{identifier(table.name)}"
            texts = ", ".join(f"null::varchar as {identifier(n)}" for n in table.column_names)
            parts = [f"select {texts}, {_NO_METADATA} where false"]
            if (table.name,) in existing:
                parts.append(f"select * from {identifier(here)}.{name}")
            parts += [
                f"select * from read_parquet({file_literal(path)})"
                for of_table, path in self.files
                if of_table == table
            ]
            self.connection.execute(
                f"create view {MAPPED}.{name} as {' union all by name '.join(parts)}"
            )
            laid.append(RawRows(table, f"{MAPPED}.{name}", table.column_names))
        return laid


_FIRST = "case when count(*) = count(created_at) then min(created_at) end"
"""The first moment of several, null where one is not known."""
_NO_METADATA = ", ".join(
    f"null::{kind} as {column.name}"
    for column in METADATA
    for kind in [{"int64": "bigint", "timestamp[us]": "timestamp"}.get(str(column.type), "varchar")]
)
