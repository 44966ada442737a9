"""State of the raw tables after a load, as Dagster shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.contract import LEDGER_TABLE, RawTable
from orchestration.sql import qualified


@dataclass(frozen=True)
class RawState:
    """Rows of a raw table, and the error of each of its refused files by name."""

    row_count: int
    refused: Mapping[str, str]


def raw_states(work_database: Path, source: str, tables: Sequence[RawTable]) -> dict[str, RawState]:
    """The state of each raw table of a source, and of its ledger, by name."""
    schema = f"raw_{source}"
    with duckdb.connect(str(work_database), read_only=True) as connection:
        refusals = connection.execute(
            f"""
            select table_name, source_file, error
            from {qualified(f"{schema}.{LEDGER_TABLE}")}
            where error is not null
            order by source_file
            """
        ).fetchall()
        states = {}
        for name in (*(table.name for table in tables), LEDGER_TABLE):
            counted = connection.execute(f"select count(*) from {qualified(f'{schema}.{name}')}")
            [[row_count]] = counted.fetchall()
            refused = {file: error for table, file, error in refusals if table == name}
            states[name] = RawState(row_count, refused)
        return states
