"""What is pulled, as the yml of a source and the settings say; from there it is loaded as ever."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.build.build import extract_only, load_only
from orchestration.contract import DeclarationError, Origin, extraction_of, raw_tables
from orchestration.doctor import Subject
from orchestration.doctor.origins import check_origins
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
        ({"place": "filesystem", "origin": "schema: crm"}, "Declare both, or neither"),
        ({"load": "whole_export", "origin": "cursor: at"}, "which is no whole export"),
    ],
    ids=["place", "origin", "origin without a database", "whole export"],
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


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("file:///exports", ("ok", "landing is pulled from file:///exports.")),
        ("s3://reader:pw@exports/a?sig=x", ("ok", "landing is pulled from s3://exports/a.")),
        (None, None),
    ],
)
def test_the_doctor_says_where_data_are_pulled_from(
    tmp_path: Path,
    url: str | None,
    found: tuple[str, str] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"SOURCES__LANDING__CREDENTIALS__{name}", "secret")
    landing = url or tmp_path / "landing"
    settings = load_settings({"landing": landing, "warehouse": tmp_path, "sources": "files"})
    findings = check_origins(Subject(settings, {}, datetime.now(UTC)))
    assert next(((of.level, of.what) for of in findings), None) == found


def test_the_doctor_names_what_is_not_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("orchestration.doctor.origins.origins", lambda _: {"acme": "sql_database"})
    settings = load_settings({"landing": tmp_path, "warehouse": tmp_path, "sources": "files"})
    [finding] = check_origins(Subject(settings, {}, datetime.now(UTC)))
    assert finding.level == "error"
    assert finding.fix
    assert "SOURCES__ACME__CREDENTIALS" in finding.fix


def names_under(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
