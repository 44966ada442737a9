"""How a table of the work database is replaced, and what it says of itself."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import duckdb
import pytest

from orchestration.contract import PROJECT_DIR

FILES = {
    "dbt_project.yml": """
        name: toy
        profile: toy
        models: {+materialized: table, +persist_docs: {relation: true, columns: true}}
        flags: {send_anonymous_usage_stats: false}
    """,
    "profiles.yml": """
        toy:
          target: toy
          outputs: {toy: {type: duckdb, path: toy.duckdb}}
    """,
    "models/fct_leads.yml": """
        models:
          - name: fct_leads
            description: "One row per lead."
            config: {contract: {enforced: true}}
            columns:
              - {name: lead, data_type: int, description: "The lead's number."}
    """,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[bool, Path]]:
    """`run(sql)` runs a project of the one model `fct_leads`; true if dbt was content."""
    project = tmp_path_factory.mktemp("toy")
    shutil.copytree(PROJECT_DIR / "macros" / "dialect", project / "macros" / "dialect")
    for path, text in FILES.items():
        (project / path).parent.mkdir(exist_ok=True)
        (project / path).write_text(dedent(text), encoding="utf-8")

    def run_model(sql: str) -> tuple[bool, Path]:
        (project / "models" / "fct_leads.sql").write_text(sql, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "dbt.cli.main", "--quiet", "run"], cwd=project, check=False
        )
        return done.returncode == 0, project / "toy.duckdb"

    return run_model


def test_a_table_is_replaced_whole_or_not_at_all(run: Callable[[str], tuple[bool, Path]]) -> None:
    assert run("{{ config(materialized='view') }} select 1 as lead")[0]
    assert run("select 2 as lead")[0], "a view becomes a table"
    assert run("select 3 as lead union all select 4")[0]
    succeeded, database = run("select cast(error('no such lead') as int) as lead")
    assert not succeeded
    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.execute("from fct_leads order by 1").fetchall() == [(3,), (4,)]
        described = "select table_name, comment from duckdb_tables()"
        assert connection.execute(described).fetchall() == [("fct_leads", "One row per lead.")]
        described = "select column_name, comment from duckdb_columns() where not internal"
        assert connection.execute(described).fetchall() == [("lead", "The lead's number.")]
