"""What a build remembers of the release before it, and of what it was made from itself."""

from pathlib import Path

import duckdb
import pytest
import yaml

from orchestration.build.previous_release import record, recorded_provenance
from orchestration.build.provenance import changed_rules, is_code_changed, provenance_of
from orchestration.contract import PROJECT_DIR
from orchestration.declarations import model_keys, published_sources
from orchestration.releases import Provenance, publish
from orchestration.settings import Settings, load_settings
from orchestration.warehouse.paths import Warehouse

SOURCES = """
sources:
  - name: published
    schema: published
    tables:
      - name: releases
        columns:
          - {name: release_id, data_type: string}
          - {name: changed_rules, data_type: string}
          - {name: is_code_changed, data_type: boolean}
          - {name: as_of, data_type: timestamp}
          - {name: created_at, data_type: timestamp}
      - name: leads
        config: {meta: {copied_from: core.dim_leads}}
        columns:
          - {name: lead_key, data_type: string}
          - {name: person_key, data_type: string}
      - name: restatements
        config: {meta: {copied_from: marts.mart_restatements}}
        columns: [{name: metric, data_type: string}]
"""
FILES = {
    "dbt_project.yml": "vars: {identity_by_email: true, as_of: null}\n",
    "models/published/_published__sources.yml": SOURCES,
    "models/marts/mart_x.sql": "select 1 as n\n",
    "macros/x.sql": "{% macro x() %}1{% endmacro %}\n",
    "seeds/stages.csv": "stage\nlead\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "project"


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse")


@pytest.fixture
def settings(warehouse: Warehouse) -> Settings:
    return load_settings({"warehouse": warehouse.root, "sources": "files"})


def publish_lead(warehouse: Warehouse, provenance: Provenance) -> str:
    warehouse.build_dir.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(warehouse.work_database)) as connection:
        connection.execute(
            "create schema core; create table core.dim_leads as select 'L' as lead_key, 1 as more"
        )
    return publish(warehouse, keep=5, provenance=provenance).release_id


def published(warehouse: Warehouse, table: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(warehouse.work_database), read_only=True) as connection:
        return connection.table(f"published.{table}").fetchall()


def test_release_is_copied_by_the_names_of_its_columns(
    warehouse: Warehouse, settings: Settings, project: Path
) -> None:
    """What an older release does not have is null, or empty."""
    before = provenance_of(settings, project)
    release_id = publish_lead(warehouse, before)
    (project / "seeds" / "stages.csv").write_text("stage\nprospect\n", encoding="utf-8")
    assert record(warehouse, provenance_of(settings, project), project_dir=project) is None
    assert published(warehouse, "leads") == [("L", None)]
    assert published(warehouse, "restatements") == []
    ((told, rules, is_code, as_of, _),) = published(warehouse, "releases")
    assert (told, rules, is_code, as_of) == (release_id, "seed stages", False, None)


def test_provenance_is_that_of_the_build_and_not_of_the_publication(
    warehouse: Warehouse, settings: Settings, project: Path
) -> None:
    made_from = provenance_of(settings, project)
    publish_lead(warehouse, made_from)
    assert recorded_provenance(warehouse.work_database) is None
    record(warehouse, made_from, project_dir=project)
    (project / "macros" / "x.sql").write_text("{% macro x() %}2{% endmacro %}\n", "utf-8")
    assert recorded_provenance(warehouse.work_database) == made_from


def test_without_a_release_there_is_nothing_to_compare_with(
    warehouse: Warehouse, settings: Settings, project: Path
) -> None:
    made_from = provenance_of(settings, project)
    publish_lead(warehouse, made_from)
    record(warehouse, made_from, project_dir=project)
    record(warehouse, made_from, with_release=False, project_dir=project)
    with duckdb.connect(str(warehouse.work_database), read_only=True) as connection:
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'published'"
        ).fetchall()
    assert tables == [("build",)]


@pytest.mark.parametrize("lost", ["manifest.json", "warehouse.duckdb"])
def test_release_that_cannot_be_read_does_not_stop_the_build(
    warehouse: Warehouse, settings: Settings, project: Path, lost: str
) -> None:
    made_from = provenance_of(settings, project)
    release_id = publish_lead(warehouse, made_from)
    file = warehouse.current / lost
    file.chmod(0o644)
    file.write_text("broken", encoding="utf-8")
    notice = record(warehouse, made_from, project_dir=project)
    assert notice is not None
    assert f"Release {release_id} cannot be compared with" in notice
    assert recorded_provenance(warehouse.work_database) == made_from


def test_rules_and_code_are_told_apart(settings: Settings, project: Path) -> None:
    before = provenance_of(settings, project)
    assert changed_rules(before, provenance_of(settings, project)) == []
    (project / "seeds" / "more.csv").write_text("n\n1\n", encoding="utf-8")
    (project / "dbt_project.yml").write_text("vars: {identity_by_email: false}\n", "utf-8")
    after = provenance_of(settings, project)
    assert changed_rules(before, after) == ["seed more", "var identity_by_email"]
    assert not is_code_changed(before, after)
    (project / "models" / "marts" / "mart_x.sql").write_text("select 2 as n\n", encoding="utf-8")
    assert is_code_changed(before, provenance_of(settings, project))


def test_yml_of_a_source_is_a_rule_where_the_source_is_on(
    settings: Settings, project: Path
) -> None:
    """It has the source's words and formats."""
    before = provenance_of(settings, project)
    for source in ("files", "olist"):
        path = project / "models" / "staging" / source / f"_{source}__sources.yml"
        path.parent.mkdir(parents=True)
        path.write_text("sources: []\n", encoding="utf-8")
    after = provenance_of(settings, project)
    assert changed_rules(before, after) == ["source files"]
    assert not is_code_changed(before, after)


def test_pin_is_no_rule(warehouse: Warehouse, settings: Settings, project: Path) -> None:
    before = provenance_of(settings, project)
    pinned = load_settings({"warehouse": warehouse.root, "as_of": "2025-01-01", "sources": "files"})
    after = provenance_of(pinned, project)
    assert changed_rules(before, after) == []
    assert (before.is_pinned, after.is_pinned) == (False, True)


def test_release_of_a_version_that_kept_no_checksums_shows_no_change(
    settings: Settings, project: Path
) -> None:
    old = Provenance(project_version="0.0.0")
    now = provenance_of(settings, project)
    assert changed_rules(old, now) == []
    assert not is_code_changed(old, now)


def test_every_published_model_has_its_key() -> None:
    models = {path.stem for path in PROJECT_DIR.glob("models/marts/**/*.sql")}
    keys = model_keys()
    assert models <= keys.keys()
    assert keys["dim_leads"] == ("lead_key",)
    assert keys["mart_metric_members"] == ("metric", "member_key")


def test_history_is_carried_with_all_its_columns() -> None:
    """A column that the source lacked would be lost with the next build."""
    (declared,) = yaml.safe_load(
        (PROJECT_DIR / "models/marts/quality/mart_restatements.yml").read_text(encoding="utf-8")
    )["models"]
    columns = {column["name"]: column["data_type"] for column in declared["columns"]}
    sources = {source.name: source for source in published_sources()}
    assert sources["restatements"].columns == columns
