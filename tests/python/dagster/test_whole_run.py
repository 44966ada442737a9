"""The graph as a whole, on a small company: built, audited, published, blocked, repeated."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from orchestration.releases import current_release_id
from orchestration.reports.month_end import report_file
from orchestration.warehouse.lock import exclusive
from orchestration.warehouse.paths import Warehouse

AS_OF = "2025-06-30 23:59:59"
RANGE_TAGS = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
NOT_PARTITIONED = dg.AssetSelection.all() - dg.AssetSelection.assets("month_end_report")


@dataclass(frozen=True)
class Company:
    """A company's folders, and the Dagster instance that remembers its runs."""

    landing: Path
    warehouse: Warehouse
    instance: dg.DagsterInstance

    @contextmanager
    def surroundings(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("FUNNEL_LANDING", str(self.landing))
            patch.setenv("FUNNEL_WAREHOUSE", str(self.warehouse.root))
            yield


Run = Callable[..., dg.ExecuteInProcessResult]


@pytest.fixture(scope="session")
def run(code_location: dg.Definitions) -> Run:
    """`run(company, selection, config, tags)` runs assets as the UI does."""

    def launch(
        company: Company,
        selection: dg.AssetSelection,
        config: dict[str, Any] | None = None,
        tags: dict[str, str] | None = None,
    ) -> dg.ExecuteInProcessResult:
        job = dg.define_asset_job("trial", selection=selection)
        location = dg.Definitions.merge(code_location, dg.Definitions(jobs=[job]))
        with company.surroundings():
            return location.resolve_job_def("trial").execute_in_process(
                run_config={"ops": {name: {"config": of} for name, of in (config or {}).items()}},
                instance=company.instance,
                raise_on_error=False,
                tags=tags,
            )

    return launch


@pytest.fixture(scope="session")
def company(tiny_landing: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("company")
    shutil.copytree(tiny_landing, folder / "landing")
    with dg.DagsterInstance.ephemeral() as instance:
        yield Company(folder / "landing", Warehouse(folder / "warehouse"), instance)


@pytest.fixture(scope="session")
def whole_run(run: Run, company: Company) -> dg.ExecuteInProcessResult:
    """Everything but the month-end report, as of the end of June."""
    return run(
        company,
        NOT_PARTITIONED - dg.AssetSelection.groups("landing"),
        {"dbt": {"as_of": AS_OF}},
    )


@pytest.fixture
def other(whole_run: dg.ExecuteInProcessResult, company: Company, tmp_path: Path) -> Company:
    """A copy of the built company, to be spoilt."""
    assert whole_run.success
    shutil.copytree(company.landing, tmp_path / "landing")
    shutil.copytree(company.warehouse.root, tmp_path / "warehouse", symlinks=True)
    built, copied = company.warehouse.work_database, Warehouse(tmp_path / "warehouse").work_database
    status = built.stat()
    os.utime(copied, ns=(status.st_atime_ns, status.st_mtime_ns))
    return Company(tmp_path / "landing", Warehouse(tmp_path / "warehouse"), company.instance)


def metadata(result: dg.ExecuteInProcessResult, *key: str) -> dict[str, Any]:
    [found] = [
        event.materialization
        for event in result.get_asset_materialization_events()
        if event.asset_key == dg.AssetKey(key)
    ]
    return {name: entry.value for name, entry in found.metadata.items()}


def failed_checks(result: dg.ExecuteInProcessResult) -> set[str]:
    return {check.check_name for check in result.get_asset_check_evaluations() if not check.passed}


def failures(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """The message of each step that failed."""
    return {
        event.step_key: event.step_failure_data.user_failure_data.description
        for event in result.all_events
        if event.is_step_failure and event.step_failure_data.user_failure_data
    }


def change(database: Path, *statements: str) -> None:
    status = database.stat()
    with duckdb.connect(str(database)) as connection:
        for statement in statements:
            connection.execute(statement)
    os.utime(database, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_everything_is_made_and_every_check_is_green(
    whole_run: dg.ExecuteInProcessResult, code_location: dg.Definitions
) -> None:
    assert whole_run.success, failures(whole_run)
    graph = code_location.get_repository_def().asset_graph
    made = {event.asset_key for event in whole_run.get_asset_materialization_events()}
    assert graph.materializable_asset_keys - made == {dg.AssetKey("month_end_report")}
    judged = {check.asset_check_key for check in whole_run.get_asset_check_evaluations()}
    assert judged == graph.asset_check_keys
    assert failed_checks(whole_run) == set()
    assert not [event for event in whole_run.all_events if event.is_asset_observation], (
        "a test that ran is not among the checks"
    )


def test_release_is_what_readers_have(
    whole_run: dg.ExecuteInProcessResult, company: Company
) -> None:
    told = metadata(whole_run, "release")
    assert told["release"] == current_release_id(company.warehouse)
    assert told["as of"] == AS_OF
    with company.surroundings(), exclusive(company.warehouse, "whoever is next"):
        pass


def test_models_say_what_was_built(whole_run: dg.ExecuteInProcessResult, company: Company) -> None:
    told = metadata(whole_run, "marts", "mart_mql_report")
    with duckdb.connect(str(company.warehouse.current_database), read_only=True) as connection:
        [[rows]] = connection.execute("select count(*) from marts.mart_mql_report").fetchall()
        columns = connection.execute("describe marts.mart_mql_report").fetchall()
    assert told["dagster/row_count"] == rows
    schema = told["dagster/column_schema"]
    assert [(column.name, column.type) for column in schema.columns] == [c[:2] for c in columns]
    assert all(column.description for column in schema.columns)
    lineage = metadata(whole_run, "staging", "stg_files__leads")["dagster/column_lineage"]
    [source] = lineage.deps_by_column["lead_id"]
    assert (source.asset_key, source.column_name) == (dg.AssetKey(["files", "leads"]), "lead_id")


def test_reports_and_documentation_are_written(
    whole_run: dg.ExecuteInProcessResult, company: Company
) -> None:
    release = current_release_id(company.warehouse)
    report = company.warehouse.root / "reports" / "weekly_cohorts" / f"{release}.csv"
    lines = report.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("week,from_stage,to_stage")
    assert len(lines) == metadata(whole_run, "weekly_cohorts")["dagster/row_count"] + 1
    page = company.warehouse.root / "documentation" / "dbt.html"
    assert "mart_mql_report" in page.read_text(encoding="utf-8")
    dashboard = company.warehouse.root / "dashboard" / "index.html"
    told = metadata(whole_run, "dashboard")
    assert (told["path"], told["release"]) == (str(dashboard), release)
    assert told["bytes"] == dashboard.stat().st_size
    assert str(release) in dashboard.read_text(encoding="utf-8")


def test_failing_dbt_test_blocks_the_release(run: Run, other: Company) -> None:
    before = current_release_id(other.warehouse)
    change(
        other.warehouse.work_database,
        "insert into reference.stages select * from reference.stages where stage_key = 'mql'",
    )
    result = run(other, dg.AssetSelection.assets(["core", "dim_stages"], ["release"]))
    assert not result.success
    assert "row_checks_dim_stages" in failed_checks(result)
    assert failures(result).keys() == {"dbt"}
    message = failures(result)["dbt"]
    assert "test row_checks_dim_stages" in message
    assert "dim_stages: another row has the same stage in 2 rows, for example stage mql" in message
    assert not [event for event in result.all_events if event.is_step_up_for_retry]
    assert current_release_id(other.warehouse) == before


def test_failing_expectation_blocks_the_release(run: Run, other: Company) -> None:
    before = current_release_id(other.warehouse)
    change(other.warehouse.work_database, "delete from core.fct_activities where random() < 0.9")
    result = run(other, dg.AssetSelection.assets(["audit", "marts"], ["release"]))
    assert not result.success
    assert "row_count_change" in failed_checks(result)
    assert failures(result).keys() == {"audit_marts"}
    assert "The audit of marts stopped the build" in failures(result)["audit_marts"]
    assert current_release_id(other.warehouse) == before


def test_one_model_and_what_is_made_from_it_are_refreshed(run: Run, other: Company) -> None:
    before = current_release_id(other.warehouse)
    refreshed = dg.AssetSelection.assets(["core", "fct_touches"]).downstream()
    result = run(
        other,
        refreshed & (NOT_PARTITIONED - dg.AssetSelection.groups("reports", "documentation")),
        {"dbt": {"as_of": AS_OF, "full_refresh": True}},
    )
    assert result.success, failures(result)
    assert current_release_id(other.warehouse) != before


def test_part_of_the_models_is_not_published(run: Run, other: Company) -> None:
    before = current_release_id(other.warehouse)
    result = run(
        other, dg.AssetSelection.assets(["core", "dim_stages"], ["audit", "marts"], ["release"])
    )
    assert "passes its tests" in failures(result)["release"]
    assert current_release_id(other.warehouse) == before


def test_file_is_loaded_anew(run: Run, other: Company) -> None:
    raw = dg.AssetSelection.groups("raw")
    [file] = (other.landing / "leads").iterdir()
    again = run(other, raw, {"load_files": {"reload_files": [f"leads/{file.name}"]}})
    assert again.success, failures(again)
    told = metadata(again, "files", "leads")
    assert told["new files"] == 1
    assert told["dagster/row_count"] == told["new rows"] > 0
    assert metadata(again, "files", "activities")["new files"] == 0

    unknown = run(other, raw, {"load_files": {"reload_files": ["leads/nobody.csv"]}})
    assert "has seen leads/nobody.csv" in failures(unknown)["load_files"]


@pytest.mark.parametrize(
    "months",
    [
        ["2025-06"],
        pytest.param(
            ["2025-05", "2025-06"], marks=pytest.mark.long(reason="one month has the kind")
        ),
    ],
    ids=" and ".join,
)
def test_backfill_is_what_full_builds_say(
    run: Run, whole_run: dg.ExecuteInProcessResult, company: Company, months: list[str]
) -> None:
    assert whole_run.success
    before = current_release_id(company.warehouse)
    first, last = f"{months[0]}-01", f"{months[-1]}-01"
    result = run(
        company,
        dg.AssetSelection.assets("month_end_report"),
        tags=dict(zip(RANGE_TAGS, (first, last), strict=True)),
    )
    assert result.success, failures(result)
    *earlier, june = (report_file(company.warehouse.root, month) for month in months)
    assert current_release_id(company.warehouse) == before, "readers keep what they had"
    with duckdb.connect(str(company.warehouse.current_database), read_only=True) as connection:
        kept, built = f"from '{june}'", "from marts.mart_metric_values"
        [[rows]] = connection.execute(f"select count(*) {kept}").fetchall()
        assert rows > 0
        assert connection.execute(f"({kept} except all {built})").fetchall() == []
        assert connection.execute(f"({built} except all {kept})").fetchall() == []
        for may in earlier:
            found = connection.execute(f"select max(period_start_date) from '{may}'").fetchall()
            assert f"{found[0][0]:%Y-%m}" <= "2025-05", "May's report knows of nothing later"
