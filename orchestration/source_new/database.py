"""A source proposed from tables of a database, pulled into the landing folder first."""

from collections.abc import Callable, Sequence
from pathlib import Path

from orchestration.build.held_warehouse import hold
from orchestration.contract import PROJECT_DIR, RawTable
from orchestration.extraction import ExtractionError, pull_tables, tables_there
from orchestration.settings import Settings
from orchestration.source_new.new_source import NewSource, assert_name, new_source
from orchestration.text import column_name


def new_source_of_database(
    settings: Settings,
    source: str,
    *,
    schema: str | None = None,
    names: Sequence[str] = (),
    project_dir: Path = PROJECT_DIR,
    echo: Callable[[str], None] = lambda _: None,
) -> NewSource:
    """Write `models/staging/<source>/` with what the tables of a database look like.

    Those with `names` in the schema (all of them without), pulled as `funnel extract` pulls them.

    Raises:
        ExtractionError: the database is not configured, does not answer, or lacks a table.
        NewSourceError: the name of the source is none.
    """
    assert_name(source)
    there = {origin.table: origin for origin in tables_there(source, schema)}
    if lacking := set(names or there) - there.keys() or (not there and {"any table"}):
        raise ExtractionError(
            f"{source}: the database has not {', '.join(sorted(lacking))} in schema "
            f"{schema or 'of its own'}; it has {', '.join(there) or 'none'}."
        )
    tables = [
        RawTable(source, name, f"{source}/{name}/*", (), origin=there[table])
        for table in names or there
        for name in [column_name(table)]
    ]
    with hold(settings.warehouse, "funnel source new") as warehouse:
        warehouse.extraction_dir.mkdir(parents=True, exist_ok=True)
        pull_tables(source, tables, settings.landing, warehouse.extraction_dir, echo)
    origins = {table.name: table.origin for table in tables if table.origin}
    return new_source(settings.landing, source, project_dir=project_dir, origins=origins)
