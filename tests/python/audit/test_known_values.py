"""The words that a source explains in its yml are no unknown words to the audit."""

import shutil
from pathlib import Path

import pytest
import yaml

from orchestration.audit.checks import read_thresholds
from orchestration.audit.known_values import known_values
from orchestration.contract import PROJECT_DIR, raw_tables

SOURCE = Path("models/staging/files/_files__sources.yml")


def known(tmp_path: Path, table_name: str, words: dict[str, dict[str, str]]) -> dict[str, set[str]]:
    """The known values of a table of `files`, in a project whose source has these words."""
    shutil.copytree(PROJECT_DIR / "seeds", tmp_path / "seeds")
    declared = yaml.safe_load((PROJECT_DIR / SOURCE).read_text(encoding="utf-8"))
    declared["sources"][0].setdefault("config", {}).setdefault("meta", {})["words"] = words
    (tmp_path / SOURCE).parent.mkdir(parents=True)
    (tmp_path / SOURCE).write_text(yaml.safe_dump(declared), encoding="utf-8")
    [table] = [table for table in raw_tables("files", tmp_path) if table.name == table_name]
    thresholds = [row for row in read_thresholds() if row.table == f"files.{table_name}"]
    return {
        column: set(values) for column, values in known_values(table, thresholds, tmp_path).items()
    }


@pytest.mark.parametrize(
    ("table", "column", "place"),
    [
        ("lead_status_changes", "to_status", "stage_map"),
        ("activities", "activity_type", "activities.activity_type"),
    ],
)
def test_words_of_the_source_are_known(tmp_path: Path, table: str, column: str, place: str) -> None:
    before = known(tmp_path / "before", table, {})[column]
    after = known(tmp_path / "after", table, {place: {"Visita_Guiada": "x"}})[column]
    assert after - before == {"visita guiada"}
    assert before < after


def test_a_source_that_explains_every_word_has_no_unknown_one(tmp_path: Path) -> None:
    assert "to_status" not in known(tmp_path, "lead_status_changes", {"stage_map": {"*": "mql"}})
