"""Whatever strikes a run, readers have a whole release and the next run completes."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from struck_run import settings_of
from support.matrix import BEFORE, COMPLETES, KILLED, LONG, MATRIX, NEW, Case, Row

from orchestration.doctor import Level, examine
from orchestration.releases import release_ids, verify
from orchestration.settings import Settings
from orchestration.warehouse.paths import Warehouse

Run = Callable[..., str]
LEADS = {BEFORE: 2, NEW: 3}
DISK = "24m"
NEIGHBOUR = pytest.mark.long(reason="a neighbouring step has the kind")


@pytest.fixture
def project(
    built: Path, tmp_path: Path, request: pytest.FixtureRequest, case: Case
) -> Iterator[Path]:
    """The project, where a third lead has landed; on a small disk where the fault needs one."""
    copy = tmp_path / "project"
    shutil.copytree(built, copy, symlinks=True, ignore=lambda *_: {"disk"})
    (copy / "landing" / "leads" / "more.csv").write_text(
        "lead_id,created_at\nL3,2025-01-03T00:00:00Z\n", encoding="utf-8"
    )
    disk = copy / "disk"
    disk.mkdir()
    if case.fault in ("disk full", "read-only folder"):
        mount(disk)
        request.addfinalizer(lambda: subprocess.run(["umount", str(disk)], check=True))
    shutil.copytree(built / "disk", disk, symlinks=True, dirs_exist_ok=True)
    yield copy


def mount(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can mount the small disk that this fault needs")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")


@contextmanager
def read_only(disk: Path, wanted: bool) -> Iterator[None]:
    if not wanted:
        yield
        return
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.name, marks=[NEIGHBOUR] if case.name in LONG else [])
        for case in MATRIX
    ],
)
def test_next_run_completes_and_readers_never_notice(
    matrix_row: Callable[[int, Row], None],
    request: pytest.FixtureRequest,
    run: Run,
    case: Case,
) -> None:
    matrix_row(MATRIX.index(case), case.row)
    project: Path = request.getfixturevalue("project")
    settings = settings_of(project)
    with read_only(project / "disk", case.fault == "read-only folder"):
        if case.doctor:
            assert run(project, "nothing", case.fault, case.at) == COMPLETES
            errors = {finding.check for finding in found_errors(settings)}
            assert errors == {case.doctor}
            ended = run(project, case.command)
        else:
            ended = run(project, case.command, case.fault, case.at, case.is_audited)
        assert_ended(ended, case)
        assert published_leads(settings) == LEADS[case.readers]
    (project / "disk" / "filler").unlink(missing_ok=True)

    assert run(project, case.then, is_audited=case.is_audited) == COMPLETES
    assert published_leads(settings) == LEADS[NEW]
    assert loaded_rows(settings) == [("A1",), ("L1",), ("L2",), ("L3",)]
    assert_no_debris(settings)
    assert found_errors(settings) == []


def assert_ended(ended: str, case: Case) -> None:
    if case.ends in (KILLED, COMPLETES):
        assert ended == case.ends
    else:
        assert case.ends in ended


def published_leads(settings: Settings) -> int:
    """Leads of the current release, which every table and checksum must agree on."""
    warehouse = Warehouse(settings.warehouse)
    manifest = verify(warehouse.current)
    with duckdb.connect(str(warehouse.current_database), read_only=True) as connection:
        [(leads,)] = connection.execute("select count(*) from core.dim_leads").fetchall()
        counted = connection.execute("select lead_count from marts.mart_funnel").fetchall()
    assert counted == [(leads,)]
    assert manifest.tables["core.dim_leads"].rows == leads
    return int(leads)


def loaded_rows(settings: Settings) -> list[tuple[str]]:
    """Every raw row, by its id."""
    database = Warehouse(settings.warehouse).work_database
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(
            "select lead_id from raw_files.leads"
            " union all select activity_id from raw_files.activities order by 1"
        ).fetchall()


def assert_no_debris(settings: Settings) -> None:
    warehouse = Warehouse(settings.warehouse)
    there = {path.name for path in warehouse.root.iterdir()}
    assert there <= {"audit", "build", "releases", "current"}
    assert sorted(path.name for path in warehouse.releases_dir.iterdir()) == release_ids(warehouse)
    left = {path.name for path in warehouse.build_dir.iterdir()}
    assert left <= {"warehouse.duckdb", "tested", ".lock", "dlt"}


def found_errors(settings: Settings) -> list[object]:
    return [
        finding for finding in examine(settings, environment={}) if finding.level == Level.error
    ]
