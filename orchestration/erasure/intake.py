"""Removal of erased persons from files that are about to be loaded."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from orchestration.contract import RawTable
from orchestration.erasure.pseudonyms import equip
from orchestration.erasure.raw import count_persons, file_rows, mark, newly_found, without_persons
from orchestration.erasure.register import Register
from orchestration.sql import literal
from orchestration.warehouse.paths import Warehouse


def keep_out(warehouse: Warehouse, files: Sequence[tuple[RawTable, Path]]) -> None:
    """Rewrite the Parquet files that a load is about to append where they hold an erased person.

    A lead of an erased address is the same person, and gets a tombstone before anything else.
    """
    register = Register(warehouse)
    if register.key is None or not register.tombstones:
        return
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = false")
        equip(connection, register.key, register.tombstones)
        loaded = [file_rows(connection, table, path) for table, path in files]
        found = {stone for rows in loaded for stone in newly_found(connection, rows)}
        if found:
            register.record_found(found)
            equip(connection, register.key, register.tombstones)
        for rows, (_, path) in zip(loaded, files, strict=True):
            if not rows.has_people:
                continue
            mark(connection, rows)
            if count_persons(connection, rows):
                rewritten = path.with_suffix(".erased")
                connection.execute(
                    f"copy ({without_persons(rows)}) to {literal(str(rewritten))} "
                    "(format parquet, preserve_order false)"
                )
                rewritten.replace(path)
