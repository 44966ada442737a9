"""A company whose past moves (late data, a merge, an erased lead, a rule), and its past rebuilt."""

import csv
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import chdir
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from support.project import project_beside

from orchestration.build.build import load_only, publish_tested
from orchestration.build.previous_release import record
from orchestration.build.provenance import provenance_of
from orchestration.releases import diff, list_releases
from orchestration.settings import Settings, load_settings
from orchestration.warehouse.paths import Warehouse
from simulator import SimulationConfig, simulate

COMPANY = SimulationConfig(leads=600, months=12, seed=7, activities_per_lead=6, dirty_share=0)
CUT = date(2024, 7, 3)
LATE = {"lead_status_changes": "changed_at", "activities": "occurred_at"}
RULE = "seed conversion_horizons"

# What the pin cannot know: rows about files, and attributes that have no date of their own.
NOT_DATED = {
    "core.fct_landed_files",
    "core.fct_core_identities",
    "core.dim_campaigns",
    "core.dim_reps",
    "core.dim_leads",  # has the later leads too, as `after_as_of`
    "core.fct_plans",
    "core.fct_plan_stages",
    "core.fct_targets",  # a later version of a target
    "marts.mart_campaign_roi",
    "marts.mart_pipeline",
    "marts.mart_plan",
    "marts.mart_reconciliation",
    "marts.mart_rare_segment_values",
    "marts.mart_references",
    "marts.mart_unknown_words",
    "marts.mart_traffic",
    "marts.mart_working_day_pace",
    "marts.mart_stage_inventory",
}


@dataclass(frozen=True)
class Company:
    """The company after its first batch: published, and its second batch landed but not loaded."""

    settings: Settings
    warehouse: Warehouse
    as_of: datetime


@pytest.fixture(scope="module")
def company(build_warehouse: Callable[..., Warehouse], tmp_path_factory: Any) -> Company:
    folder: Path = tmp_path_factory.mktemp("company")
    landing = folder / "landing"
    simulate(replace(COMPANY, until=CUT), landing)
    warehouse = build_warehouse(landing, folder / "warehouse", "files", with_tests=False)
    with duckdb.connect(str(warehouse.work_database), read_only=True) as connection:
        row = connection.execute("select as_of from intermediate.int_as_of").fetchone()
    assert row
    simulate(replace(COMPANY, from_=CUT), landing)
    for table, column in LATE.items():
        _keep_rows_after(next((landing / table).glob(f"*_{CUT}_*.csv")), column, row[0])
    settings = load_settings(
        {"landing": landing, "warehouse": warehouse.root, "sources": "files", "keep": 9}
    )
    return Company(settings, warehouse, row[0])


def _keep_rows_after(file: Path, column: str, moment: datetime) -> None:
    """Without the simulated rows that came late: the pin ignores what happened later, not those."""
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        rows = [row for row in reader if datetime.fromisoformat(row[column][:19]) > moment]
        columns = list(reader.fieldnames or ())
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, columns)
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def dbt() -> Callable[..., None]:
    """Runs dbt on a warehouse, models alone: their tests are other modules' business."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    def run(warehouse: Path, *arguments: str) -> None:
        with pytest.MonkeyPatch.context() as patch, chdir(project_beside(warehouse)):
            patch.setenv("FUNNEL_WAREHOUSE", warehouse.name)
            # other vars would spoil what is parsed
            patch.setenv("DBT_TARGET_PATH", "pinned" if "--vars" in arguments else "target")
            try:
                done = dbtRunner().invoke(["--log-level", "none", *arguments])
            finally:
                _close_database()
            assert done.success, done.exception or [
                (result.node.name, result.message)
                for result in done.result  # type: ignore[union-attr]
                if result.status not in ("success", "skipped")
            ]

    return run


def _close_database() -> None:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415

    DuckDBConnectionManager.close_all_connections()


@pytest.fixture(scope="module")
def pinned(company: Company, dbt: Callable[..., None]) -> str:
    """Id of the release of the past, rebuilt from all that has landed since."""
    load_only(company.settings, echo=lambda _: None)
    return _pin(company, dbt)


def _pin(company: Company, dbt: Callable[..., None]) -> str:
    as_of = company.as_of.isoformat(sep=" ")
    settings = company.settings.model_copy(update={"as_of": company.as_of})
    record(company.warehouse, provenance_of(settings), with_release=False)
    dbt(company.warehouse.root, "run", "--vars", f'{{"as_of": "{as_of}"}}')
    return publish_tested(settings, force=True, make_current=False).release_id


def test_pinned_build_gives_the_past_again(company: Company, pinned: str) -> None:
    found = diff(company.warehouse, "current", pinned)
    assert not found.metrics
    assert {table.name for table in found.tables} <= NOT_DATED
    assert not found.tables_added
    assert not found.tables_removed


def test_pinned_build_is_marked_and_leaves_readers_alone(company: Company, pinned: str) -> None:
    listed = {entry.release_id: entry for entry in list_releases(company.warehouse)}
    assert listed[pinned].is_pinned
    assert listed[pinned].as_of == company.as_of
    assert not listed[pinned].is_current


@pytest.mark.long(reason="test_pinned_build_gives_the_past_again compares it with that past")
def test_pinned_build_is_reproducible(
    company: Company, pinned: str, dbt: Callable[..., None], tmp_path: Path
) -> None:
    """The second one takes the place of the first, which is therefore kept elsewhere."""
    shelf = Warehouse(tmp_path / "kept")
    shutil.copytree(company.warehouse.releases_dir / pinned, shelf.releases_dir / pinned)
    again = _pin(company, dbt)
    shutil.copytree(company.warehouse.releases_dir / again, shelf.releases_dir / again)
    found = diff(shelf, pinned, again)
    assert not found.differs, found


@pytest.fixture(scope="module")
def moved(company: Company, pinned: str, dbt: Callable[..., None]) -> Warehouse:
    """The company as it is now: the second batch, and what changed about its past.

    Built in the work database that was pinned before: as_of goes back, and forward again.
    """
    assert pinned
    warehouse = company.warehouse
    survivor, loser = _a_lead(warehouse, "2024-03"), _a_lead(warehouse, "2024-04")
    _land(
        company,
        "lead_merges",
        {
            "event_id": "late-merge",
            "loser_lead_id": loser,
            "survivor_lead_id": survivor,
            "merged_at": "2024-09-01T00:00:00Z",
        },
    )
    _land(
        company,
        "leads",
        {"lead_id": "late-lead", "created_at": "2024-02-05T10:00:00Z", "channel": "late"},
    )
    first = next((company.settings.landing / "leads").glob(f"*_{CUT}.csv"))
    shutil.copy(first, first.with_name("exported_again.csv"))
    load_only(company.settings, echo=lambda _: None)
    with duckdb.connect(str(warehouse.work_database)) as connection:
        _erase(connection, _a_lead(warehouse, "2024-05"))
        connection.execute("update reference.conversion_horizons set horizon_days = 5")
    now = provenance_of(company.settings)
    now = now.model_copy(update={"rules": {**now.rules, RULE: "another checksum"}})
    record(warehouse, now)
    dbt(warehouse.root, "run")
    publish_tested(company.settings, force=True)
    return warehouse


def _a_lead(warehouse: Warehouse, month: str) -> str:
    """Id of a lead of that month that is a person by itself."""
    with duckdb.connect(str(warehouse.current_database), read_only=True) as connection:
        row = connection.execute(
            f"""
            select min(lead_id) from core.dim_leads inner join core.dim_persons using (person_key)
            where lead_count = 1 and strftime(dim_leads.created_date, '%Y-%m') = '{month}'
            """
        ).fetchone()
    assert row and row[0]
    return str(row[0])


def _land(company: Company, table: str, row: dict[str, str]) -> None:
    file = company.settings.landing / table / "later.csv"
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(row))
        writer.writeheader()
        writer.writerow(row)


def _erase(connection: duckdb.DuckDBPyConnection, lead_id: str) -> None:
    """Give a lead the id of a tombstone, wherever it is named."""
    for table, column in connection.execute(
        "select table_name, column_name from information_schema.columns "
        "where table_schema = 'raw_files' and column_name like '%lead_id'"
    ).fetchall():
        connection.execute(
            f"update raw_files.{table} set {column} = 'erased-1' where {column} = '{lead_id}'"
        )


def restated(warehouse: Warehouse, metric: str, month: str, value: str = "all") -> Any:
    """The restatement of a month's value of a segment; None where there is none."""
    with duckdb.connect(str(warehouse.current_database), read_only=True) as connection:
        found = connection.sql(
            f"""
            from marts.mart_restatements
            where metric = '{metric}' and period_start_date = '{month}-01'
                and period_type = 'month' and segment_value = '{value}'
            """
        )
        row = found.fetchone()
        return dict(zip(found.columns, row, strict=True)) if row else None


def test_late_lead_is_named_as_such(moved: Warehouse) -> None:
    found = restated(moved, "leads_generated", "2024-02", "late")
    assert (found["cause"], found["is_restatement"]) == ("late_data", True)
    assert (found["value_before"], found["value_now"]) == (None, 1)
    assert (found["late_data_records"], found["merge_records"]) == (1, 0)


def test_rows_that_are_exported_again_are_no_news(moved: Warehouse) -> None:
    with duckdb.connect(str(moved.work_database), read_only=True) as connection:
        news = connection.execute(
            """
            select lead_id, is_late
            from intermediate.int_rows_since_release
            inner join core.dim_leads using (lead_key)
            where contract_table = 'leads'
            """
        ).fetchall()
        again = connection.execute(
            "select count(*) from intermediate.int_leads_versioned "
            "where _source_file like '%exported_again.csv'"
        ).fetchone()
    assert again and again[0] > 200
    assert {lead_id for lead_id, is_late in news if is_late} == {"late-lead"}
    assert 0 < len(news) < 400


def test_merge_is_named_as_such(moved: Warehouse) -> None:
    found = restated(moved, "leads_generated", "2024-04")
    assert (found["cause"], found["difference"], found["merge_records"]) == ("merge", -1, 1)
    assert restated(moved, "leads_generated", "2024-03") is None


def test_erasure_moves_records_and_no_count(moved: Warehouse) -> None:
    with duckdb.connect(str(moved.current_database), read_only=True) as connection:
        rows = connection.execute(
            "select amount, amount_before from marts.mart_restated_members "
            "where cause = 'erasure' and metric = 'leads_generated' order by 1"
        ).fetchall()
    assert rows == [(1, None), (None, 1)]
    assert restated(moved, "leads_generated", "2024-05") is None


def test_changed_rule_is_named_with_its_seed(moved: Warehouse) -> None:
    found = restated(moved, "mql_to_sql_rate", "2024-02")
    assert (found["cause"], found["changed_rules"]) == ("rule_change", RULE)
    assert found["difference"] < 0


def test_what_only_ripened_is_no_restatement(moved: Warehouse) -> None:
    with duckdb.connect(str(moved.current_database), read_only=True) as connection:
        rows = connection.execute(
            "select cause, is_restatement, count(*) from marts.mart_restatements group by all"
        ).fetchall()
    counted = {(cause, is_restatement): count for cause, is_restatement, count in rows}
    assert counted.pop(("maturity", False)) > 0
    assert all(is_restatement for _, is_restatement in counted)
    assert "unexplained" not in {cause for cause, _ in counted}


def test_restatements_are_the_published_values(moved: Warehouse) -> None:
    """Each row's two values are those that stand in the two releases."""
    releases = list_releases(moved)
    first, last = releases[0].release_id, releases[-1].release_id
    with duckdb.connect() as connection:
        for name, release in (("before", first), ("now", last)):
            path = moved.releases_dir / release / "warehouse.duckdb"
            connection.execute(f"attach '{path}' as {name}_release (read_only)")
        wrong = connection.execute(
            """
            from now_release.marts.mart_restatements as restated
            left join before_release.marts.mart_metric_values as before
                using (metric, period_type, period_start_date, segment_type, segment_value)
            left join now_release.marts.mart_metric_values as now
                using (metric, period_type, period_start_date, segment_type, segment_value)
            select count(*), count(*) filter (
                where restated.value_before is distinct from before.metric_value
                    or restated.value_now is distinct from now.metric_value
                    or restated.published_release_id != ?
            )
            """,
            [first],
        ).fetchone()
    assert wrong and wrong[0] > 100
    assert wrong[1] == 0


def test_unchanged_data_restates_nothing_and_history_stays(
    company: Company, moved: Warehouse, dbt: Callable[..., None]
) -> None:
    with duckdb.connect(str(moved.work_database), read_only=True) as connection:
        before = connection.table("marts.mart_restatements").fetchall()
    record(moved, provenance_of(company.settings))
    models = ("published", "int_release_compared", "int_rows_since_release+")
    dbt(moved.root, "run", "--select", *models)
    with duckdb.connect(str(moved.work_database), read_only=True) as connection:
        after = connection.table("marts.mart_restatements").fetchall()
        members = connection.execute("select count(*) from marts.mart_restated_members").fetchone()
    assert members == (0,)
    assert Counter(after) == Counter(before)
