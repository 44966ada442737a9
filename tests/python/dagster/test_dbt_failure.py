"""What is told of a failed build: what failed, why, and keys; never a value of a person."""

import json
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from orchestration.alerts.alert import StepFailure, compose, without_personal_data
from orchestration.build.failure import describe_failure, key_columns, unjudged_tests
from orchestration.defs.dbt.run import verdicts


@pytest.mark.parametrize(
    ("columns", "tested", "expected"),
    [
        (["lead_key", "email", "person_id"], None, ["lead_key", "person_id"]),
        (["unique_field", "n_records"], "order_key", ["order_key"]),
        (["unique_field", "n_records"], "email", []),
        (["value_field", "n_records"], "stage_key", []),
    ],
)
def test_only_keys_are_shown(columns: list[str], tested: str | None, expected: list[str]) -> None:
    assert list(key_columns(columns, tested).values()) == expected


def test_failure_names_nodes_and_samples_keys(tmp_path: Path) -> None:
    database = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute("create table leads as select 'L1' as lead_id, 'Ana' as name")
    nodes: dict[str, dict[str, Any]] = {
        f"{kind}.funnel.{name}": {
            "resource_type": kind,
            "name": name,
            "original_file_path": f"{name}.sql",
            "package_name": "funnel",
            "path": f"{name}.sql",
        }
        for kind, name in (("test", "leads_have_keys"), ("model", "dim_leads"), ("model", "b"))
    }
    results = [
        {
            "unique_id": "test.funnel.leads_have_keys",
            "status": "fail",
            "failures": 1,
            "message": "Got 1 result, configured to fail if != 0",
            "compiled_code": "select * from leads",
        },
        {
            "unique_id": "model.funnel.dim_leads",
            "status": "error",
            "failures": None,
            "message": "Binder Error: no column",
        },
        {"unique_id": "model.funnel.b", "status": "skipped", "failures": None, "message": None},
    ]
    (tmp_path / "run_results.json").write_text(json.dumps({"results": results}), encoding="utf-8")
    told = describe_failure(tmp_path, database, {"nodes": nodes})
    assert told == (
        "dbt stopped the build: 2 of 3 nodes failed, 1 skipped. Nothing was published.\n"
        "  test leads_have_keys (leads_have_keys.sql), 1 row\n"
        "    Got 1 result, configured to fail if != 0\n"
        "    for example lead_id L1\n"
        "  model dim_leads (dim_leads.sql)\n"
        "    Binder Error: no column"
    )


def test_run_that_never_came_to_a_node_has_no_nodes_to_tell_of(tmp_path: Path) -> None:
    assert describe_failure(tmp_path, tmp_path / "warehouse.duckdb") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Could not convert string 'Ana Ruiz' to INT32",
            "Could not convert string '...' to INT32",
        ),
        ("duplicate ana.ruiz+x@mail.example.com found", "duplicate <e-mail> found"),
        ("call +34 600 123 456 back", "call <number> back"),
        ("12 of 978 nodes failed, 31 were skipped", "12 of 978 nodes failed, 31 were skipped"),
        ("for example person_key 4f2a91", "for example person_key 4f2a91"),
        ("for example person_key 0724720162eb3", "for example person_key 0724720162eb3"),
    ],
)
def test_personal_data_is_masked(text: str, expected: str) -> None:
    assert without_personal_data(text) == expected


def test_message_says_what_where_and_what_else() -> None:
    alert = compose(
        "build",
        "r1",
        [StepFailure("dbt", "test x failed for ana@example.com"), StepFailure("audit", "no")],
        "",
        "https://dagster.example.com/",
    )
    assert alert.text == (
        "build failed: dbt\n\n"
        "test x failed for <e-mail>\n\n"
        "Failed too: audit.\n"
        "Readers still have the last release.\n"
        "https://dagster.example.com/runs/r1"
    )


def test_message_of_a_run_without_a_failed_step() -> None:
    alert = compose("build", "r1", [], "The process died.", "http://localhost:3000")
    assert alert.subject == "build failed: the run"
    assert alert.body.startswith("The process died.\n")


def test_a_check_whose_query_could_not_run_is_no_failed_check(tmp_path: Path) -> None:
    results = {
        "right": ("pass", None),
        "wrong": ("fail", "Got 1 result"),
        "told": ("error", "Runtime Error in test told\n  Invalid Input Error: two rows are alike"),
        "broken": ("error", "Runtime Error in test broken\n  Catalog Error: no such table"),
    }
    (tmp_path / "run_results.json").write_text(
        json.dumps(
            {
                "results": [
                    {"unique_id": name, "status": status, "message": message}
                    for name, (status, message) in results.items()
                ]
            }
        )
    )
    checks = [
        dg.AssetCheckResult(passed=name == "right", metadata={"unique_id": name})
        for name in results
    ]
    kept = verdicts([dg.Output(1), *checks], unjudged_tests(tmp_path))[1:]
    assert [check.metadata["unique_id"].value for check in kept] == ["right", "wrong", "told"]
