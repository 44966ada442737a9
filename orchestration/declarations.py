"""What the yml of the models declares, for what runs outside dbt."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from orchestration.contract import PROJECT_DIR

Key = tuple[str, ...]


@dataclass(frozen=True)
class PublishedSource:
    """A table of the schema `published`; `copied_from` is the table of the release, if any."""

    name: str
    copied_from: str | None
    columns: Mapping[str, str]


def published_sources(project_dir: Path = PROJECT_DIR) -> list[PublishedSource]:
    """What the models read of the current release; empty where they read nothing."""
    return [
        PublishedSource(
            name=table["name"],
            copied_from=table.get("config", {}).get("meta", {}).get("copied_from"),
            columns={column["name"]: column["data_type"] for column in table["columns"]},
        )
        for source in _declared(project_dir, "models/published/_*__sources.yml", "sources")
        for table in source["tables"]
    ]


def model_keys(project_dir: Path = PROJECT_DIR) -> dict[str, Key]:
    """The tested key of each published model, by name; a model without one is left out.

    A key is a column with the test `unique`, or the columns of `unique_combination`, where the test
    holds for all rows.
    """
    models = _declared(project_dir, "models/marts/**/*.yml", "models")
    return {model["name"]: key for model in models if (key := _key(model))}


def _declared(project_dir: Path, pattern: str, kind: str) -> Iterator[dict[str, Any]]:
    for path in sorted(project_dir.glob(pattern)):
        # the C parser: ten times as fast on a hundred files
        declared = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        yield from (declared or {}).get(kind, ())


def _key(model: Mapping[str, Any]) -> Key:
    for column in model.get("columns", ()):
        if "unique" in column.get("data_tests", ()):
            return (column["name"],)
    for test in model.get("data_tests", ()):
        combined = test.get("unique_combination") if isinstance(test, dict) else None
        if combined and "config" not in combined:
            return tuple(combined["arguments"]["columns"])
    return ()
