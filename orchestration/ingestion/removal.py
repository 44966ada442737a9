"""Takes files out of the raw tables, so that the next load reads them again."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from orchestration.contract import LEDGER_TABLE
from orchestration.ingestion.errors import LoadError
from orchestration.ingestion.ledger import dataset_name
from orchestration.sql import qualified


class UnknownFileError(LoadError):
    """A file was to be loaded again that no load has seen."""


def forget_files(database: Path, source: str, names: Sequence[str]) -> None:
    """Deletes all rows of files from the raw tables and the ledger of a source, as one change.

    A file goes with every version of its content that was ever loaded or refused. Loaded next is
    what lies under its name then.

    Raises:
        UnknownFileError: the ledger has no such file; nothing was changed.
    """
    if not names:
        return
    schema, gone = dataset_name(source), [list(names)]
    ledger = qualified(f"{schema}.{LEDGER_TABLE}")
    with duckdb.connect(database) as connection:
        connection.begin()
        entries = connection.execute(
            f"select table_name, source_file from {ledger} where list_contains(?, source_file)",
            gone,
        ).fetchall()
        if unknown := set(names) - {file for _, file in entries}:
            raise UnknownFileError(
                f"No load of source '{source}' has seen {', '.join(sorted(unknown))}. Name a file "
                f"as column source_file of {schema}.{LEDGER_TABLE} does, by its path under the "
                "landing folder."
            )
        for name in sorted({table for table, _ in entries}):
            table = qualified(f"{schema}.{name}")
            connection.execute(f"delete from {table} where list_contains(?, _source_file)", gone)
        connection.execute(f"delete from {ledger} where list_contains(?, source_file)", gone)
        connection.commit()
