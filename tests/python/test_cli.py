"""The command line: help, settings, messages and exit codes."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration import cli
from orchestration.build.build import BuildReport
from orchestration.build.notices import ExampleQuery, build_notices, example_queries
from orchestration.cli.build import is_for_readers
from orchestration.cli.showing import show_examples, show_report
from orchestration.releases import Manifest, Provenance, current_release_id, publish
from orchestration.settings import load_settings
from orchestration.warehouse.lock import exclusive
from orchestration.warehouse.paths import Warehouse

COMMANDS = (
    *("simulate", "load", "build", "audit", "publish", "rollback", "releases", "diff"),
    *("dashboard", "postgres", "erase", "doctor", "restore", "source"),
)
funnel = CliRunner()


@pytest.fixture(autouse=True)
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """The default warehouse of an empty current directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FUNNEL_WAREHOUSE", raising=False)
    monkeypatch.delenv("FUNNEL_LANDING", raising=False)
    return Warehouse(tmp_path / "warehouse")


def publish_leads(warehouse: Warehouse, rows: int) -> Manifest:
    warehouse.build_dir.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(warehouse.work_database)) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute(
            f"create or replace table marts.mart_leads as select range as n from range({rows})"
        )
    return publish(warehouse, keep=5, provenance=Provenance(project_version="0.0.0"))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    assert command in funnel.invoke(cli.app, ["--help"]).output
    explained = funnel.invoke(cli.app, [command, "--help"], prog_name="funnel")
    assert explained.exit_code == 0
    assert f"funnel {command}" in explained.output


def test_help_names_variables_and_defaults() -> None:
    text = " ".join(
        funnel.invoke(cli.app, ["build", "--help"], env={"COLUMNS": "200"}).output.split()
    )
    assert "(FUNNEL_LANDING; default: landing)" in text
    assert "(FUNNEL_KEEP; default: 5)" in text


def test_help_imports_nothing_heavy() -> None:
    script = "import sys, orchestration.cli; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    ).stdout.split()
    heavy = {"altair", "babel", "dbt", "dlt", "duckdb", "numpy", "pandas", "pydantic"}
    assert not heavy & set(loaded)


def test_version() -> None:
    shown = funnel.invoke(cli.app, ["--version"])
    assert (shown.exit_code, shown.output) == (0, "funnel 0.1.0\n")


def test_bad_settings_exit_with_2_and_one_message() -> None:
    Path("funnel.toml").write_text("kep = 3", encoding="utf-8")
    refused = funnel.invoke(cli.app, ["releases"])
    assert refused.exit_code == 2
    assert refused.stderr.startswith("Error: ")
    assert "key 'kep': unknown setting" in refused.stderr
    assert "Traceback" not in refused.output


def test_flags_beat_the_file(warehouse: Warehouse) -> None:
    publish_leads(warehouse, 1)
    Path("funnel.toml").write_text('warehouse = "nowhere"', encoding="utf-8")
    assert "No release in" in funnel.invoke(cli.app, ["releases"]).output
    shown = funnel.invoke(cli.app, ["releases", "--warehouse", str(warehouse.root)])
    assert str(current_release_id(warehouse)) in shown.output


@pytest.mark.parametrize("command", ["load", "build", "publish", "rollback"])
def test_locked_warehouse_exits_with_75(warehouse: Warehouse, command: str) -> None:
    with exclusive(warehouse, "funnel build"):
        refused = funnel.invoke(cli.app, [command])
    assert refused.exit_code == 75
    assert f"The warehouse {warehouse.root} is in use by 'funnel build'" in refused.stderr


def test_untested_work_database_is_published_by_force_alone(warehouse: Warehouse) -> None:
    publish_leads(warehouse, 1)
    refused = funnel.invoke(cli.app, ["publish"])
    assert refused.exit_code == 1
    assert "--force" in refused.stderr
    published = funnel.invoke(cli.app, ["publish", "--force", "--parquet"])
    assert published.exit_code == 0, published.output
    assert (warehouse.current / "marts.mart_leads.parquet").is_file()


def test_publishing_before_a_build_says_what_to_do() -> None:
    for arguments in (["publish"], ["publish", "--force"]):
        refused = funnel.invoke(cli.app, arguments)
        assert refused.exit_code == 1
        assert "Run `funnel build`" in refused.stderr


@pytest.mark.parametrize("command", ["load", "build"])
def test_missing_landing_folder_says_what_to_do(command: str) -> None:
    refused = funnel.invoke(cli.app, [command])
    assert refused.exit_code == 1
    assert "There is no landing folder" in refused.stderr
    assert "funnel simulate" in refused.stderr


def test_releases_and_rollback(warehouse: Warehouse) -> None:
    first, second = (publish_leads(warehouse, rows).release_id for rows in (10, 20))
    lines = funnel.invoke(cli.app, ["releases"]).output.splitlines()
    listed = [line.split() for line in lines if first in line or second in line]
    assert listed[0][0] == first
    assert listed[1][:2] == ["*", second]

    back = funnel.invoke(cli.app, ["rollback"])
    assert back.exit_code == 0
    assert f"Release {first} is current: {warehouse.current_database}" in back.output
    assert current_release_id(warehouse) == first

    refused = funnel.invoke(cli.app, ["rollback", "--to", "yesterday"])
    assert refused.exit_code == 1
    assert f"Releases: {first}, {second}" in refused.stderr


@pytest.mark.parametrize(
    ("as_of", "current", "becomes_current"),
    [
        (None, None, True),
        ("2025-01-01", None, False),
        ("2025-01-01", True, True),
        (None, False, False),
    ],
)
def test_readers_get_a_pinned_build_only_when_told(
    as_of: str | None, current: bool | None, becomes_current: bool
) -> None:
    assert is_for_readers(as_of, current) is becomes_current


def test_debug_shows_the_traceback() -> None:
    result = funnel.invoke(cli.app, ["--debug", "rollback"])
    assert type(result.exception).__name__ == "ReleaseError"


def test_simulation_does_not_mix_with_real_files(tmp_path: Path) -> None:
    (tmp_path / "landing" / "leads").mkdir(parents=True)
    refused = funnel.invoke(cli.app, ["simulate", "--leads", "10"])
    assert refused.exit_code == 1
    assert f"{tmp_path / 'landing'} has files that no simulation wrote" in refused.stderr


def test_simulated_company_and_its_next_batch(tmp_path: Path) -> None:
    options = ["simulate", "--leads", "50", "--months", "2", "--activities-per-lead", "2"]
    options += ["--out", "company"]
    first = funnel.invoke(cli.app, [*options, "--until", "2024-02-01"])
    assert first.exit_code == 0, first.output
    second = funnel.invoke(cli.app, [*options, "--from", "2024-02-01"])
    assert second.exit_code == 0, second.output
    assert len(list((tmp_path / "company" / "leads").iterdir())) == 2


def test_report_of_a_build(warehouse: Warehouse, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = publish_leads(warehouse, 12)
    seconds = {"load": 1.25, "build": 60.0, "publish": 0.5}
    show_report(load_settings(), BuildReport(manifest, seconds, ["Refused file leads/x.csv"]))
    queries = {"All leads": "select n from marts.mart_leads", "Costs": "from marts.mart_costs"}
    show_examples(warehouse.current_database, [ExampleQuery(*item) for item in queries.items()])
    shown = capsys.readouterr().out
    assert "  Refused file leads/x.csv" in shown
    assert "load 1.2 s, build 60.0 s, publish 0.5 s" in shown
    assert f"Release {manifest.release_id} is current: {warehouse.current_database}" in shown
    assert "marts.mart_leads            12 rows" in shown
    assert "-- All leads\nselect n from marts.mart_leads" in shown
    assert "│     9 │" in shown
    assert "│    10 │" not in shown
    assert "-- Costs\nfrom marts.mart_costs\n(not answered by this release: " in shown


def test_example_queries_begin_with_their_title(tmp_path: Path) -> None:
    (tmp_path / "2_second.sql").write_text("select 2\n", encoding="utf-8")
    (tmp_path / "1_first.sql").write_text(
        "-- How many\n-- leads?\nselect 1 as n -- one\n", encoding="utf-8"
    )
    assert example_queries(tmp_path) == [
        ExampleQuery("How many leads?", "select 1 as n -- one"),
        ExampleQuery("2_second", "select 2"),
    ]
    assert example_queries(tmp_path / "nowhere") == []


def test_notices_of_a_build(tmp_path: Path) -> None:
    database = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            """
            create schema quarantine;
            create table quarantine.quarantined_rows as
                select 'leads' as contract_table, range >= 1200 as is_replaced from range(1300)
                union all
                select 'orders' as contract_table, true as is_replaced
                union all
                select null as contract_table, false as is_replaced;
            """
        )
    assert build_notices(database) == [
        "Quarantined rows of leads: 1,200 (select * from quarantine.quarantined_rows "
        "where contract_table = 'leads' and not is_replaced)",
        "Rows that could not be read: 1 (select * from quarantine.quarantined_rows "
        "where contract_table is null and not is_replaced)",
    ]
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            """
            create schema marts;
            create table marts.mart_unmapped_statuses as
                select 'crm' as source_system, 'lifecycle' as status_field, 'Nurture' as status,
                    42 as event_count
                union all
                select 'crm', 'working', 'Nurture', 7;
            """
        )
    assert build_notices(database)[2:] == [
        "Unmapped status 'Nurture' of crm: 42 events "
        "(map it to a stage in the words of its source or in seeds/stage_map.csv)",
        "Unmapped working status 'Nurture' of crm: 7 events "
        "(map it to a stage in the words of its source or in seeds/stage_map.csv)",
    ]
