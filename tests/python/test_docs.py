"""Every query of the documentation works on the demo company, every command on a tiny one."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb
import psycopg
import pytest
from support.postgres_server import PostgresServer
from support.project import key_of, lay_parsed, parsed_project

from orchestration.contract import PROJECT_DIR
from orchestration.warehouse.paths import Warehouse

PAGES = sorted([PROJECT_DIR / "README.md", *PROJECT_DIR.glob("docs/**/*.md")])
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
TRIAL_DATA = "../shared/data"
POSTGRES = "db.example.com:5432"
LONG = {
    "docs/guides/a-publish-was-blocked.md": "audit/ and dagster/test_whole_run.py block releases",
    "docs/guides/backfill.md": "dagster/test_whole_run.py launches the months",
    "docs/guides/change-a-rule.md": "bring-your-own-data.md runs `funnel build` as a command; "
    "releases/test_restatements.py changes a rule",
    "docs/guides/recover.md": "faults/ restores and asks the doctor",
    "docs/guides/run-on-a-schedule.md": "dagster_services/test_services.py runs the schedule",
    "docs/guides/source-olist.md": "sources/test_source_olist.py builds the export",
    "docs/guides/source-realestate.md": "sources/test_source_realestate.py builds the export",
}
"""Pages whose commands run with `make test-long` alone, and what covers them in CI."""


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


def pages_with(language: str) -> list[object]:
    found = {
        str(page.relative_to(PROJECT_DIR)): [b for b in blocks(page, language) if "make " not in b]
        for page in PAGES
    }
    return [
        pytest.param(
            texts,
            id=page,
            marks=[pytest.mark.long(reason=LONG[page])] if page in LONG else [],
        )
        for page, texts in found.items()
        if texts
    ]


@pytest.fixture
def desk(tiny_warehouse: Warehouse, tiny_landing: Path, shared: Path, tmp_path: Path) -> Path:
    """A clone in which a tiny company was built: the project, `landing/` and `warehouse/`."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    clone = tmp_path / "clone"
    for name in listed.stdout.splitlines():
        if (PROJECT_DIR / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT_DIR / name, clone / name)
    shutil.copytree(tiny_warehouse.root, clone / "warehouse", symlinks=True)
    shutil.copytree(tiny_landing, clone / "landing")
    for target in (clone / "target", clone / "target" / "dagster" / key_of()):
        lay_parsed(parsed_project(shared), target)
    return clone


@pytest.fixture
def postgres_of_the_guide(postgres_server: PostgresServer) -> str:
    """Host and port of a server on which an administrator did what the guide says."""
    guide = PROJECT_DIR / "docs" / "guides" / "connect-a-bi-tool.md"
    with psycopg.connect(postgres_server.url(), autocommit=True) as administrator:
        for statement in "".join(blocks(guide, "pgsql")).split(";\n"):
            administrator.execute(statement.encode())
    return f"127.0.0.1:{postgres_server.port}"


def run(program: Sequence[str], clone: Path) -> None:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(clone),
    }
    done = subprocess.run(
        program, cwd=clone, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{program[-1]}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("queries", pages_with("sql"))
def test_queries_run_on_the_release(queries: list[str], demo_warehouse: Warehouse) -> None:
    with duckdb.connect(str(demo_warehouse.current_database), read_only=True) as connection:
        for query in queries:
            if "quarantine." not in query:
                connection.execute(query).fetchall()
    with duckdb.connect(str(demo_warehouse.work_database), read_only=True) as connection:
        for query in queries:
            connection.execute(query).fetchall()


@pytest.mark.parametrize("commands", pages_with("bash"))
def test_commands_work(commands: list[str], desk: Path, request: pytest.FixtureRequest) -> None:
    script = "\n".join(commands)
    if TRIAL_DATA in script:
        script = script.replace(TRIAL_DATA, str(request.getfixturevalue("trial_data")))
    if POSTGRES in script:
        script = script.replace(POSTGRES, request.getfixturevalue("postgres_of_the_guide"))
    if "rollback" in script or "diff" in script:
        run(["funnel", "publish", "--force"], desk)
    run(["bash", "-euo", "pipefail", "-c", script], desk)


@pytest.mark.parametrize("programs", pages_with("python"))
def test_programs_work(programs: list[str], desk: Path) -> None:
    run([sys.executable, "-c", "\n".join(programs)], desk)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT_DIR)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page} links to {target}, which is not there"


def test_example_queries_have_answers(demo_warehouse: Warehouse) -> None:
    queries = sorted(PROJECT_DIR.glob("docs/queries/*.sql"))
    assert len(queries) == 3
    with duckdb.connect(str(demo_warehouse.current_database), read_only=True) as connection:
        for query in queries:
            assert connection.execute(query.read_text(encoding="utf-8")).fetchall(), query.name
