"""What `funnel doctor` finds where one thing is wrong, and the fix that it names."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from struck_run import flip_bytes, settings_of
from support.held_open import held_open
from typer.testing import CliRunner

from orchestration import cli
from orchestration.build.restore import RestoreError, assert_restorable
from orchestration.doctor import Level, examine
from orchestration.releases import current_release_id, release_ids
from orchestration.settings import Settings
from orchestration.warehouse.lock import exclusive
from orchestration.warehouse.paths import Warehouse
from orchestration.warehouse.work_database import make_ready

funnel = CliRunner()
Run = Callable[..., str]


@pytest.fixture(scope="module")
def healthy(built: Path, run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two releases."""
    project = Path(shutil.copytree(built, tmp_path_factory.mktemp("two") / "p", symlinks=True))
    assert run(project, "build") == "completes"
    return project


@pytest.fixture
def settings(healthy: Path, tmp_path: Path) -> Settings:
    return settings_of(Path(shutil.copytree(healthy, tmp_path / "project", symlinks=True)))


@pytest.fixture
def warehouse(settings: Settings) -> Warehouse:
    return Warehouse(settings.warehouse)


def first_release(warehouse: Warehouse) -> Path:
    return warehouse.releases_dir / release_ids(warehouse)[0]


def alter(statement: str) -> Callable[[Warehouse], None]:
    def change(warehouse: Warehouse) -> None:
        with duckdb.connect(str(warehouse.work_database)) as connection:
            connection.execute(statement)

    return change


def move_link_away(warehouse: Warehouse) -> None:
    warehouse.current.unlink()


def copy_without_links(warehouse: Warehouse) -> None:
    copied = warehouse.root / "copied"
    shutil.copytree(warehouse.current, copied)
    warehouse.current.unlink()
    copied.rename(warehouse.current)


def remove_current_release(warehouse: Warehouse) -> None:
    shutil.rmtree(warehouse.current.resolve())


def damage_first_release(warehouse: Warehouse) -> None:
    flip_bytes(first_release(warehouse) / "warehouse.duckdb")
    (first_release(warehouse) / "warehouse.duckdb").chmod(0o444)


def damage_current_release(warehouse: Warehouse) -> None:
    flip_bytes(warehouse.current_database)
    warehouse.current_database.chmod(0o444)


def claim_later_version(warehouse: Warehouse) -> None:
    path = first_release(warehouse) / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8")) | {"duckdb_version": "9.0.1"}
    path.chmod(0o644)
    path.write_text(json.dumps(manifest), encoding="utf-8")
    path.chmod(0o444)


def leave_unfinished_release(warehouse: Warehouse) -> None:
    (warehouse.releases_dir / ".tmp-20250101T000000.000000Z").mkdir()


def land_too_much(warehouse: Warehouse) -> None:
    huge = warehouse.root.parent.parent / "landing" / "leads" / "huge.parquet"
    huge.touch()
    os.truncate(huge, 8 << 40)  # no block of it is on disk


def forget_landing(warehouse: Warehouse) -> None:
    shutil.rmtree(warehouse.root.parent.parent / "landing")


def kill_holder(warehouse: Warehouse) -> None:
    warehouse.lock_file.write_text(
        json.dumps({"command": "funnel build", "pid": 1, "host": "h", "since": "yesterday"}),
        encoding="utf-8",
    )


@dataclass(frozen=True)
class Illness:
    """A damage, and the one finding that is not ok: its check, level, a part of it, its fix."""

    damage: Callable[[Warehouse], object]
    check: str
    level: Level
    what: str
    fix: str


W, E = Level.warning, Level.error
ILLNESSES = {
    "landing folder gone": Illness(forget_landing, "landing", E, "no landing folder", "mkdir -p"),
    "disk too small": Illness(land_too_much, "disk", E, "GB are free", "FUNNEL_KEEP=2"),
    "build folder open": Illness(
        lambda w: w.build_dir.chmod(0o755), "permissions", W, "personal data", "chmod 700"
    ),
    "release writable": Illness(
        lambda w: w.current_database.chmod(0o644), "permissions", W, "can be written", "chmod a-w"
    ),
    "holder killed": Illness(kill_holder, "lock", W, "'funnel build' (process 1", "funnel build"),
    "link gone": Illness(move_link_away, "current", E, "leads to no release", "rollback --to 2"),
    "link is a folder": Illness(copy_without_links, "current", E, "is not a link", "rollback --to"),
    "link dangles": Illness(
        remove_current_release, "current", E, "leads to no release", "funnel rollback --to 2"
    ),
    "old release damaged": Illness(damage_first_release, "releases", W, "is damaged", "rm -r"),
    "current release damaged": Illness(
        damage_current_release, "releases", E, "Readers get it", "funnel rollback --to 2"
    ),
    "newer DuckDB": Illness(claim_later_version, "versions", E, "DuckDB 9.0.1", "requirements"),
    "killed publication": Illness(
        leave_unfinished_release, "leftovers", W, ".tmp-20250101", "funnel publish"
    ),
    "killed restore": Illness(
        lambda w: w.replaced_dir.mkdir(), "leftovers", W, "not completed", "funnel restore"
    ),
    "work database gone": Illness(
        lambda w: w.work_database.unlink(), "last build", W, "any more", "funnel build"
    ),
    "build not tested": Illness(make_ready, "last build", W, "not as a tested", "funnel build"),
    "rows doubled": Illness(
        alter("insert into raw_files.leads from raw_files.leads"),
        "rows",
        E,
        "leads/all.csv (2 rows listed, 4 in leads)",
        "funnel restore",
    ),
    "rows lost": Illness(
        alter("delete from raw_files.leads"), "rows", E, "(2 rows listed, 0 in", "funnel restore"
    ),
    "load broken off": Illness(
        alter("update raw_files._dlt_loads set status = 1"), "loads", W, "3 rows", "funnel load"
    ),
    "list of loads gone": Illness(
        alter("drop table raw_files._dlt_loads"), "loads", E, "list of loads", "funnel restore"
    ),
    "column gone": Illness(
        alter("alter table raw_files.leads drop email"), "columns", W, "lacks email", "funnel load"
    ),
    "column of another type": Illness(
        alter("alter table raw_files.leads alter birth_year type bigint"),
        "columns",
        E,
        "birth_year (BIGINT)",
        "funnel restore",
    ),
    "column with a slip of the pen": Illness(
        alter("alter table raw_files.leads add column emial varchar"),
        "columns",
        W,
        "the contract has 'email'",
        "Rename it to 'email'",
    ),
    "table gone": Illness(
        alter("drop table raw_files.reps"), "columns", W, "raw_files.reps is not", "funnel load"
    ),
}
ALTERED = "The work database is not as a tested build left it"


def test_healthy_warehouse_has_no_finding(settings: Settings) -> None:
    findings = examine(settings, environment={"FUNNEL_KEEP": "3", "FUNNEL_TARGET": "prod"})
    assert {finding.level for finding in findings} == {Level.ok}, findings
    assert {finding.fix for finding in findings} == {None}


@pytest.mark.parametrize("name", ILLNESSES)
def test_illness_is_found_with_its_fix(settings: Settings, warehouse: Warehouse, name: str) -> None:
    illness = ILLNESSES[name]
    illness.damage(warehouse)
    found = [finding for finding in examine(settings, environment={}) if finding.level != Level.ok]
    if illness.check in ("rows", "loads", "columns"):
        found = [finding for finding in found if not finding.what.startswith(ALTERED)]
    assert [(finding.check, finding.level) for finding in found] == [(illness.check, illness.level)]
    assert illness.what in found[0].what
    assert illness.fix in str(found[0].fix)


def test_examination_changes_nothing(settings: Settings, warehouse: Warehouse) -> None:
    def everything() -> list[tuple[str, int, int]]:
        return [
            (str(path), path.stat().st_size, path.stat().st_mtime_ns)
            for path in sorted(warehouse.root.rglob("*"))
            if path.is_file() and path != warehouse.lock_file
        ]

    before = everything()
    examine(settings, environment={})
    assert everything() == before


def test_unknown_variable_is_named_with_what_was_meant(settings: Settings) -> None:
    environment = {"FUNNEL_WAREHOSE": "x", "FUNNEL_TEST_DATA": "read by tests"}
    found = examine(settings, environment=environment)
    [finding] = [finding for finding in found if finding.level != Level.ok]
    assert "FUNNEL_WAREHOSE (FUNNEL_WAREHOUSE was meant?)" in finding.what


def test_clock_that_went_back_is_told(settings: Settings) -> None:
    [finding] = [
        finding
        for finding in examine(settings, environment={}, now=datetime(2020, 1, 1, tzinfo=UTC))
        if finding.level != Level.ok
    ]
    assert (finding.check, finding.level) == ("clock", Level.warning)
    assert "the clock says 2020-01-01" in finding.what


def test_build_that_runs_is_not_disturbed(settings: Settings, warehouse: Warehouse) -> None:
    with exclusive(warehouse, "funnel build"):
        findings = examine(settings, environment={})
        assert json.loads(warehouse.lock_file.read_text(encoding="utf-8"))["pid"] == os.getpid()
    told = {finding.check: finding.what for finding in findings}
    assert "In use by 'funnel build'" in told["lock"]
    assert "Not checked" in told["work database"]
    assert {finding.level for finding in findings} == {Level.ok}


def test_other_program_that_has_the_file_open_is_named(
    settings: Settings, warehouse: Warehouse
) -> None:
    with held_open(warehouse.work_database) as pid:
        errors = [f for f in examine(settings, environment={}) if f.level == Level.error]
    assert [finding.check for finding in errors] == ["work database"]
    assert f"PID {pid}" in errors[0].what


def test_exit_code_and_json(settings: Settings, warehouse: Warehouse) -> None:
    folders = ["--landing", str(settings.landing), "--warehouse", str(settings.warehouse)]
    well = funnel.invoke(cli.app, ["doctor", *folders])
    assert well.exit_code == 0, well.output
    assert f"Readers get release {current_release_id(warehouse)}" in well.output
    move_link_away(warehouse)
    ill = funnel.invoke(cli.app, ["doctor", "--json", *folders])
    assert ill.exit_code == 1
    [finding] = [finding for finding in json.loads(ill.output) if finding["level"] == "error"]
    assert finding["fix"] == f"funnel rollback --to {release_ids(warehouse)[-1]}"
    back = funnel.invoke(cli.app, [*finding["fix"].split()[1:], *folders[2:]])
    assert back.exit_code == 0, back.output
    assert funnel.invoke(cli.app, ["doctor", *folders]).exit_code == 0


def test_restore_refuses_to_lose_rows(settings: Settings, warehouse: Warehouse) -> None:
    (settings.landing / "leads" / "all.csv").write_text("lead_id,created_at\n", encoding="utf-8")
    [told] = [f.what for f in examine(settings, environment={}) if "no longer in" in f.what]
    assert "1 loaded file(s)" in told
    with pytest.raises(RestoreError, match=r"leads/all.csv\n.*--accept-loss"):
        assert_restorable(settings, accept_loss=False)
    assert_restorable(settings, accept_loss=True)
    folders = ["--landing", str(settings.landing), "--warehouse", str(settings.warehouse)]
    refused = funnel.invoke(cli.app, ["restore", "--yes", *folders])
    assert refused.exit_code == 1
    assert "Nothing was changed" in refused.stderr
    assert warehouse.work_database.is_file()
    assert not warehouse.replaced_dir.exists()


def test_restore_asks_first(warehouse: Warehouse) -> None:
    asked = funnel.invoke(cli.app, ["restore", "--warehouse", str(warehouse.root)], input="n\n")
    assert asked.exit_code == 1
    assert "Readers keep the current release" in asked.output
    assert warehouse.work_database.is_file()
