"""Removal of erased persons from files that are about to be loaded."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

from orchestration.contract import RawTable
from orchestration.erasure.creations import Creations
from orchestration.erasure.pseudonyms import equip
from orchestration.erasure.raw import (
    count_persons,
    count_undated,
    mark,
    newly_found,
    without_persons,
)
from orchestration.erasure.raw_rows import file_rows
from orchestration.erasure.register import Register, Tombstone
from orchestration.mapping_sql import Mappings
from orchestration.sql import literal
from orchestration.warehouse.paths import Warehouse


def keep_out(
    warehouse: Warehouse,
    mappings: Mappings,
    echo: Callable[[str], None],
    files: Sequence[tuple[RawTable, Path]],
) -> None:
    """Rewrite the Parquet files that a load is about to append where they hold an erased person.

    A lead of an erased address is the same person, and gets a tombstone before anything else,
    unless it was created after the request. `echo` takes a line where nobody can tell.
    """
    register = Register(warehouse)
    if register.key is None or not register.tombstones:
        return
    # whoever loads has the work database open in this process; this is one more connection to it
    with duckdb.connect(str(warehouse.work_database)) as connection:
        connection.execute("set preserve_insertion_order = false")
        equip(connection, register.key, register.tombstones)
        creations = Creations(connection, mappings, files)
        loaded = [
            (rows, path)
            for table, path in files
            if (rows := file_rows(connection, table, path)).has_people
        ]
        found = set[Tombstone]()
        undated: Counter[str] = Counter()
        for rows, _ in loaded:
            if not rows.of_kind("email"):
                continue
            mark(connection, rows, creations)
            undated[f"{rows.table.source}.{rows.table.name}"] += count_undated(connection, rows)
            found |= newly_found(connection, rows, register.key)
        for table, count in (+undated).items():
            echo(
                f"{count:,} row(s) of {table} have an address that was erased, and no moment of "
                "creation that can be read: they are erased, too"
            )
        if found:
            register.record_found(found)
            equip(connection, register.key, register.tombstones)
        for rows, path in loaded:
            mark(connection, rows, creations)
            if count_persons(connection, rows):
                rewritten = path.with_suffix(".erased")
                connection.execute(
                    f"copy ({without_persons(rows)}) to {literal(str(rewritten))} "
                    "(format parquet, preserve_order false)"
                )
                rewritten.replace(path)
