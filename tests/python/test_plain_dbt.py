"""Plain dbt does in the repository what an analytics engineer expects."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.project import lay_parsed, parsed_project, project_beside

from orchestration.warehouse.paths import Warehouse


@pytest.fixture(scope="module")
def copy(
    tiny_warehouse: Warehouse, shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """The warehouse of a tiny company in a project that was parsed."""
    return copied(tiny_warehouse, shared, tmp_path_factory.mktemp("plain_dbt"))


def copied(warehouse: Warehouse, shared: Path, folder: Path) -> Warehouse:
    shutil.copytree(warehouse.root, folder / "warehouse", symlinks=True)
    made = Warehouse(folder / "warehouse")
    lay_parsed(parsed_project(shared), target_of(made))
    return made


def target_of(warehouse: Warehouse) -> Path:
    return warehouse.root.parent / "target"


def dbt(warehouse: Warehouse, *arguments: str, **settings: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "--no-use-colors", *arguments],
        cwd=project_beside(warehouse.root),
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_build_runs_every_model_and_every_kind_of_test(copy: Warehouse) -> None:
    dbt(copy, "build")
    results = json.loads((target_of(copy) / "run_results.json").read_text(encoding="utf-8"))
    statuses = {
        (result["unique_id"].split(".")[0], result["status"]) for result in results["results"]
    }
    assert statuses == {
        ("operation", "success"),
        ("seed", "success"),
        ("model", "success"),
        ("test", "pass"),
        ("unit_test", "pass"),
        ("saved_query", "no-op"),
        ("exposure", "no-op"),
    }


def test_the_production_target_goes_on_where_memory_runs_out(
    demo_warehouse: Warehouse, shared: Path, tmp_path: Path
) -> None:
    """It spills, and opens more connections after that."""
    demo = copied(demo_warehouse, shared, tmp_path)
    limits = {"FUNNEL_TARGET": "prod", "FUNNEL_MEMORY": "170MB", "FUNNEL_THREADS": "1"}
    dbt(demo, "run", "--select", "int_activities_versioned", "fct_activities", **limits)


def test_docs_are_written(copy: Warehouse) -> None:
    dbt(copy, "docs", "generate", "--static")
    page = (target_of(copy) / "static_index.html").read_text(encoding="utf-8")
    assert "mart_funnel_conversion" in page


def test_show_reads_the_current_release_while_another_process_writes_the_work_file(
    copy: Warehouse,
) -> None:
    writer = subprocess.Popen(
        [
            *(sys.executable, "-c"),
            "import duckdb, sys; w = duckdb.connect(sys.argv[1]); print(1, flush=True); input()",
            str(copy.work_database),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert writer.stdout and writer.stdout.readline() == "1\n"
        shown = dbt(
            copy,
            *("show", "--target", "serve"),
            *("--inline", "select count(*) as n from {{ ref('dim_stages') }}"),
        )
        assert "| 9 |" in shown
    finally:
        writer.communicate("\n")


def test_a_build_before_anything_was_loaded_says_what_to_do(shared: Path, tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "warehouse")
    lay_parsed(parsed_project(shared), target_of(warehouse))
    warehouse.work_database.parent.mkdir(parents=True)
    with pytest.raises(AssertionError, match="funnel load"):
        dbt(warehouse, "build", "--select", "stages")
