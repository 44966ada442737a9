"""Load, transform, test, publish: all or nothing."""

import os
import shutil
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
import yaml
from dbt.adapters.contracts.connection import Connection
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.duckdb.credentials import Attachment, DuckDBCredentials
from support.held_open import held_open
from support.toy_project import write_landing, write_project

from orchestration.build.build import BuildReport, build, publish_tested
from orchestration.build.dbt import (
    PARTIAL_PARSE,
    TransformError,
    close_database,
    dbt_arguments,
    dbt_vars,
    environment_of_dbt,
    parsed_meanwhile,
)
from orchestration.build.held_warehouse import UntestedError
from orchestration.build.notices import zone_notices
from orchestration.contract import PROJECT_DIR
from orchestration.releases import current_release_id, release_ids, verify
from orchestration.settings import Settings, load_settings, source_time_zones
from orchestration.warehouse.lock import exclusive
from orchestration.warehouse.paths import Warehouse
from orchestration.warehouse.work_database import WorkDatabaseError


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was loaded, parsed and built once."""
    project = write_project(tmp_path_factory.mktemp("toy") / "project")
    write_landing(project / "landing")
    build_quietly(settings_of(project), project)
    return project


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "project", symlinks=True))


@pytest.fixture
def settings(project: Path) -> Settings:
    return settings_of(project)


def settings_of(project: Path) -> Settings:
    folders = {"landing": project / "landing", "warehouse": project / "warehouse"}
    return load_settings({"sources": "files", **folders})


def build_quietly(settings: Settings, project: Path, **options: bool) -> BuildReport:
    return build(settings, project_dir=project, echo=lambda _: None, **options)


def test_build_publishes_what_was_landed(
    settings: Settings, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUNNEL_WAREHOUSE", "elsewhere")
    folder = Path.cwd()
    (settings.landing / "leads" / "wide.csv").write_text("lead_id\n", encoding="utf-8")
    seen: list[tuple[int, int, str]] = []
    report = build(
        settings,
        project_dir=project,
        echo=lambda _: None,
        progress=lambda *node: seen.append(node),
    )

    assert report.manifest is not None
    assert report.manifest == verify(Warehouse(settings.warehouse).current)
    assert {name: table.rows for name, table in report.manifest.tables.items()} == {
        "core.dim_leads": 2,
        "marts.mart_funnel": 1,
    }
    assert report.manifest.provenance.sources == ("files",)
    assert report.manifest.provenance.as_of == datetime(2025, 1, 3)
    assert list(report.seconds) == [
        "load",
        "audit landed",
        "build",
        "audit marts",
        "publish",
    ]
    assert report.manifest.checks is not None
    assert report.manifest.checks.judged > 10
    assert not report.manifest.checks.warnings
    assert [notice for notice in report.notices if "leads/wide.csv" in notice]
    assert [done for done, _, _ in seen] == [1, 2, 3, 4]
    assert seen[-1][1] == 4
    assert {name for _, _, name in seen} >= {"dim_leads", "mart_funnel"}
    assert Path.cwd() == folder
    assert os.environ["FUNNEL_WAREHOUSE"] == "elsewhere"


def test_failures_publish_nothing_and_say_why(settings: Settings, project: Path) -> None:
    warehouse = Warehouse(settings.warehouse)
    published = current_release_id(warehouse)
    test = project / "tests" / "assert_no_early_lead.sql"
    test.write_text("select * from {{ ref('mart_leads') }}", encoding="utf-8")
    model = project / "models" / "marts" / "mart_broken.sql"
    model.write_text("select no_such_column from {{ ref('dim_leads') }}", encoding="utf-8")
    (project / "models" / "marts" / "mart_leads.sql").write_text(
        "select * from {{ ref('dim_leads') }}", encoding="utf-8"
    )
    (project / "models" / "marts" / "mart_skipped.sql").write_text(
        "select * from {{ ref('mart_broken') }}", encoding="utf-8"
    )

    with pytest.raises(TransformError) as error:
        build_quietly(settings, project)
    message = str(error.value)
    assert "2 of 8 nodes failed, 1 skipped. Nothing was published." in message
    assert "test assert_no_early_lead (tests/assert_no_early_lead.sql), 2 rows" in message
    assert "/target/compiled/toy/tests/assert_no_early_lead.sql" in message
    assert "model mart_broken (models/marts/mart_broken.sql)" in message
    assert 'Referenced column "no_such_column" not found' in message
    assert f"Log: {project}/logs/dbt.log" in message
    assert current_release_id(warehouse) == published
    with pytest.raises(UntestedError, match="Run `funnel build`"):
        publish_tested(settings)


def test_project_that_does_not_parse_says_where(settings: Settings, project: Path) -> None:
    model = project / "models" / "marts" / "mart_broken.sql"
    model.write_text("select * from {{ ref('no_such_model') }}", encoding="utf-8")
    with pytest.raises(TransformError, match=r"(?s)mart_broken.*no_such_model.*Nothing was pub"):
        build_quietly(settings, project)


def test_tested_build_is_published_later(settings: Settings, project: Path) -> None:
    warehouse = Warehouse(settings.warehouse)
    published = current_release_id(warehouse)
    assert build_quietly(settings, project, with_publish=False).manifest is None
    assert current_release_id(warehouse) == published
    assert publish_tested(settings).tables["core.dim_leads"].rows == 2

    with duckdb.connect(str(warehouse.work_database)) as connection:
        connection.execute("delete from core.dim_leads where lead_key = 'L1'")
    with pytest.raises(UntestedError):
        publish_tested(settings)
    assert publish_tested(settings, force=True).tables["core.dim_leads"].rows == 1


def test_pinned_build_is_put_beside_the_current_release(settings: Settings, project: Path) -> None:
    warehouse = Warehouse(settings.warehouse)
    published = current_release_id(warehouse)
    pinned = settings.model_copy(update={"as_of": datetime(2025, 1, 2)})
    manifest = build_quietly(pinned, project, make_current=False).manifest
    assert manifest is not None
    assert manifest.provenance.is_pinned
    assert current_release_id(warehouse) == published
    assert manifest.release_id in release_ids(warehouse)


def test_folders_may_have_quotes_and_percent_signs_in_their_names(
    built: Path, tmp_path: Path
) -> None:
    odd = tmp_path / 'O\'Brien 100%d [x] "q" %20;'
    project = Path(shutil.copytree(built, odd / "project", symlinks=True))
    shutil.rmtree(project / "warehouse")
    folders = {"landing": project / "landing", "warehouse": odd / "it's 5% warehouse"}
    settings = load_settings({"sources": "files", "parquet": True, **folders})
    manifest = build_quietly(settings, project).manifest
    assert manifest is not None
    assert manifest.tables["core.dim_leads"].rows == 2
    assert build_quietly(settings, project).manifest is not None, "also with a release before it"

    [attached] = yaml.safe_load((PROJECT_DIR / "profiles.yml").read_text())["lead_funnel"][
        "outputs"
    ]["serve"]["attach"]
    path = attached["path"].replace(
        "{{ env_var('FUNNEL_WAREHOUSE', 'warehouse') }}", str(settings.warehouse)
    )
    with duckdb.connect() as connection:
        connection.execute(Attachment(**{**attached, "path": path}).to_sql())
        assert connection.sql("from warehouse.core.dim_leads").fetchall()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_killed_build_leaves_lock_and_release_to_the_next(
    settings: Settings, project: Path, how: signal.Signals
) -> None:
    warehouse = Warehouse(settings.warehouse)
    published = current_release_id(warehouse)
    endless = project / "models" / "marts" / "mart_endless.sql"
    endless.write_text(
        "select sum(hash(lead_key || range)) from {{ ref('dim_leads') }}, range(1000000000)",
        encoding="utf-8",
    )
    script = Path(__file__).with_name("slow_build.py")
    with subprocess.Popen(
        [sys.executable, str(script), "build", str(project)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        while process.stdout.readline() != "mart_funnel\n":
            assert process.poll() is None
        process.send_signal(how)
        try:
            _, said = process.communicate(timeout=120)
        finally:
            process.kill()
    ended = {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: 130}
    assert process.returncode == ended[how], said
    if how != signal.SIGKILL:
        word = "Ended by SIGTERM" if how == signal.SIGTERM else "Interrupted"
        assert said == f"Error: {word}. The current release stays as it is.\n"
    assert current_release_id(warehouse) == published
    endless.unlink()
    report = build_quietly(settings, project)
    assert report.manifest == verify(warehouse.current)
    assert report.manifest.release_id != published


def test_work_database_that_is_open_elsewhere_is_told(settings: Settings, project: Path) -> None:
    warehouse = Warehouse(settings.warehouse)
    with (
        held_open(warehouse.work_database) as pid,
        pytest.raises(WorkDatabaseError, match=rf"PID {pid}"),
    ):
        build_quietly(settings, project)
    with exclusive(warehouse, "the lock was given back"):
        pass


def test_project_is_parsed_while_data_loads_unless_it_was_before(
    settings: Settings, project: Path
) -> None:
    parsed = project / "target" / PARTIAL_PARSE
    parsed.unlink(missing_ok=True)
    with parsed_meanwhile(settings, project):
        pass
    first = parsed.stat().st_mtime_ns
    with parsed_meanwhile(settings, project):
        pass
    assert parsed.stat().st_mtime_ns == first

    parsed.unlink()
    with pytest.raises(KeyboardInterrupt), parsed_meanwhile(settings, project):
        raise KeyboardInterrupt
    assert not parsed.exists(), "the parser ends with what it was to help"


def test_vars_that_the_project_has_already_are_not_repeated(settings: Settings) -> None:
    assert dbt_vars(settings, {"lead_sources": ["files"], "as_of": None}) == {}
    assert dbt_vars(settings, {"lead_sources": ["olist"]}) == {"lead_sources": ["files"]}
    both = settings.model_copy(update={"sources": ("files", "olist")})
    olist = dbt_vars(both, {"lead_sources": ["files"]})["lead_sources"]["olist"]
    assert olist == "lead_status_changes leads opportunities orders", "what its models fill"
    formats = {"files": {"decimal_separator": ","}}
    told = settings.model_copy(update={"formats": formats})
    assert dbt_vars(told, {"lead_sources": ["files"], "source_formats": formats}) == {}
    assert dbt_vars(told, {"lead_sources": ["files"]}) == {"source_formats": formats}


def test_days_are_counted_in_the_zone_that_the_sources_share(settings: Settings) -> None:
    madrid = {"files": {"time_zone": "Europe/Madrid"}}
    alone = settings.model_copy(update={"formats": madrid})
    formats = {"lead_sources": ["files"], "source_formats": madrid}
    assert dbt_vars(alone, formats) == {"reporting_time_zone": "Europe/Madrid"}
    assert dbt_vars(alone, {**formats, "reporting_time_zone": "UTC"}) == {}, "as declared"

    both = alone.model_copy(update={"sources": ("files", "olist")})
    assert "reporting_time_zone" not in dbt_vars(both, formats)
    zones = source_time_zones(both.sources, both.formats)
    [notice] = zone_notices(zones, declared=None)
    assert "files in Europe/Madrid, olist in UTC" in notice
    assert zone_notices(zones, declared="UTC") == []
    assert zone_notices({"files": "Europe/Madrid"}, declared=None) == []


def test_arguments_of_dbt(settings: Settings, project: Path) -> None:
    folders = ["--project-dir", str(project), "--profiles-dir", str(project)]
    assert dbt_arguments(settings, project, full_refresh=True, verbose=True) == [
        "build",
        *("--exclude-resource-type", "unit_test"),
        *folders,
        "--vars",
        '{"lead_sources": ["files"]}',
        "--full-refresh",
    ]
    assert dbt_arguments(settings, project)[:3] == ["--log-level", "none", "build"]


def test_a_pinned_as_of_comes_in_the_environment(settings: Settings, project: Path) -> None:
    as_of = load_settings({"as_of": "2025-06-30", "sources": "files"}).as_of
    with environment_of_dbt(settings.model_copy(update={"as_of": as_of}), project):
        assert os.environ["FUNNEL_DBT_AS_OF"] == "2025-06-30 23:59:59.999999"
    with environment_of_dbt(settings, project):
        assert not os.environ["FUNNEL_DBT_AS_OF"]
    assert "FUNNEL_DBT_AS_OF" not in os.environ


def test_what_dbt_leaves_open_is_closed_whatever_options_it_was_opened_with(
    tmp_path: Path,
) -> None:
    database = tmp_path / "warehouse.duckdb"
    duckdb.connect(str(database)).close()
    credentials = DuckDBCredentials(
        database="warehouse",
        schema="main",
        path=str(database),
        config_options={"memory_limit": "1GB"},
    )
    kept = Connection(type="duckdb", name="kept", credentials=credentials)
    DuckDBConnectionManager.open(kept)
    close_database()
    duckdb.connect(str(database), read_only=True).close()
