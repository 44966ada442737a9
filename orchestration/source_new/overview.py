"""The sources that there are, and what lands in each of their raw tables."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestration.contract import (
    PROJECT_DIR,
    available_sources,
    filled_tables,
    mapping_model,
    raw_tables,
)
from orchestration.ingestion.discovery import find_files
from orchestration.settings import Settings

_SOURCE = re.compile(r"source\(\s*['\"](\w+)['\"]\s*,\s*['\"](\w+)['\"]\s*\)")


@dataclass(frozen=True)
class RawTableShown:
    """A raw table of a source: where its files lie, how many there are, and what it fills.

    `fills` are the contract tables whose mappings read it; a lookup is read, and fills none.
    """

    source: str
    is_on: bool
    table: str
    pattern: str
    files: int
    fills: tuple[str, ...]
    is_lookup: bool


def sources_there_are(settings: Settings, project_dir: Path = PROJECT_DIR) -> list[RawTableShown]:
    """All raw tables of all sources, with the files in the landing folder of `settings`."""
    tables = [t for name in available_sources(project_dir) for t in raw_tables(name, project_dir)]
    found, _ = find_files(settings.landing, tables)
    files = Counter((file.table.source, file.table.name) for file in found)
    filled = {name: _filled(name, project_dir) for name in available_sources(project_dir)}
    return [
        RawTableShown(
            source=table.source,
            is_on=table.source in settings.sources,
            table=table.name,
            pattern=table.files,
            files=files[table.source, table.name],
            fills=() if table.is_lookup else filled[table.source].get(table.name, ()),
            is_lookup=table.is_lookup,
        )
        for table in tables
    ]


def _filled(source: str, project_dir: Path) -> Mapping[str, tuple[str, ...]]:
    """The contract tables by raw table, as the models of a source read them."""
    found: dict[str, tuple[str, ...]] = {}
    for table in filled_tables(source, project_dir):
        model = f"models/staging/{source}/{mapping_model(source, table)}.sql"
        text = (project_dir / model).read_text(encoding="utf-8")
        for name in dict.fromkeys(raw for of, raw in _SOURCE.findall(text) if of == source):
            found[name] = (*found.get(name, ()), table)
    return found
