"""What is pulled, as the yml of a source and the settings say; from there it is loaded as ever."""

from pathlib import Path

import duckdb
import pytest

from orchestration.build.build import extract_only, load_only
from orchestration.contract import DeclarationError, Origin, extraction_of, raw_tables
from orchestration.settings import load_settings
from orchestration.warehouse.paths import Warehouse

SOURCE = """\
version: 2
sources:
  - name: acme
    config: {{meta: {{extract: {place}}}}}
    tables:
      - name: contacts
        config:
          meta: {{files: acme/contacts/*, key: [id], load: {load}, origin: {{{origin}}}}}
        columns:
          - {{name: id, data_type: string, description: ""}}
"""


def declare(
    project: Path, place: str = "sql_database", load: str = "added_rows", origin: str = ""
) -> Path:
    folder = project / "models" / "staging" / "acme"
    folder.mkdir(parents=True)
    text = SOURCE.format(place=place, load=load, origin=origin)
    (folder / "_acme__sources.yml").write_text(text, encoding="utf-8")
    return project


def test_origin_of_a_table(tmp_path: Path) -> None:
    project = declare(tmp_path, origin="schema: crm, cursor: updated_at")
    [table] = raw_tables("acme", project)
    assert table.origin == Origin("contacts", "crm", "updated_at")
    assert extraction_of("acme", project) == "sql_database"
    assert extraction_of("files") is None


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"place": "ftp"}, "extract is 'ftp', not one of: sql_database, filesystem"),
        ({"origin": "tabel: contacts"}, "origin has tabel, which is none of table, schema, cursor"),
        ({"load": "whole_export", "origin": "cursor: at"}, "which is no whole export"),
    ],
    ids=["place", "origin", "whole export"],
)
def test_what_cannot_be_meant(tmp_path: Path, declared: dict[str, str], said: str) -> None:
    project = declare(tmp_path, **declared)
    with pytest.raises(DeclarationError, match=said):
        raw_tables("acme", project) and extraction_of("acme", project)


def test_a_landing_folder_that_is_a_url_is_copied_and_loaded(
    tmp_path: Path, tiny_landing: Path
) -> None:
    settings = load_settings(
        {"landing": tiny_landing.as_uri(), "warehouse": tmp_path / "warehouse", "sources": "files"}
    )
    extract_only(settings, echo=lambda _: None)
    assert settings.landing == tmp_path / "warehouse" / "landing"
    load_only(settings, echo=lambda _: None)
    assert names_under(settings.landing) == names_under(tiny_landing)
    with duckdb.connect(str(Warehouse(settings.warehouse).work_database)) as connection:
        [[leads]] = connection.execute("select count(*) from raw_files.leads").fetchall()
    assert leads >= 300


def names_under(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
