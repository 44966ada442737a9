"""The catalogue of metrics: MetricFlow, the values, their members and the marts say the same."""

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from orchestration.contract import PROJECT_DIR
from orchestration.warehouse.paths import Warehouse

MetricFlow = Callable[..., str]
SAVED_QUERIES = [
    query["name"]
    for query in yaml.safe_load(
        (PROJECT_DIR / "models/semantic_models/saved_queries.yml").read_text(encoding="utf-8")
    )["saved_queries"]
]

NOT_SIMULATED = {"click_through_rate", "cost_per_click", "cost_per_thousand_impressions"}
"""Metrics without a value: the costs of the simulated company have no clicks and impressions."""


@pytest.fixture(scope="module")
def mf(demo_warehouse: Warehouse) -> MetricFlow:
    """Runs `mf` on the published demo; it needs dbt's manifest in the project's own `target`."""

    def run(*arguments: str | Path, command: str = "mf") -> str:
        settings = {"FUNNEL_WAREHOUSE": str(demo_warehouse.root), "FUNNEL_TARGET": "serve"}
        done = subprocess.run(
            [Path(sys.executable).parent / command, *arguments],
            cwd=PROJECT_DIR,
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("parse", command="dbt")
    return run


@pytest.fixture(scope="module")
def catalogue(demo_warehouse: Warehouse) -> list[dict[str, Any]]:
    return rows(demo_warehouse, "select * from marts.mart_metric_catalog")


def rows(warehouse: Warehouse, sql: str) -> list[dict[str, Any]]:
    with duckdb.connect(str(warehouse.current_database), read_only=True) as connection:
        found = connection.execute(sql)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_metricflow_finds_nothing_wrong(mf: MetricFlow) -> None:
    assert "ERRORS: 0" in mf("validate-configs")


@pytest.mark.parametrize("query", SAVED_QUERIES)
def test_a_saved_query_answers(mf: MetricFlow, tmp_path: Path, query: str) -> None:
    answer = tmp_path / "answer.csv"
    mf("query", "--saved-query", query, "--csv", answer)
    with answer.open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file))


@pytest.mark.parametrize("grain", ["month", "year"])
def test_metricflow_and_the_values_agree(
    mf: MetricFlow,
    demo_warehouse: Warehouse,
    catalogue: list[dict[str, Any]],
    tmp_path: Path,
    grain: str,
) -> None:
    metrics = {row["metric"] for row in catalogue if row["metric_kind"] in ("simple", "ratio")}
    answer = tmp_path / "answer.csv"
    column = f"metric_time__{grain}"
    mf("query", "--metrics", ",".join(sorted(metrics)), "--group-by", column, "--csv", answer)
    with answer.open(encoding="utf-8", newline="") as file:
        answered = {
            (metric, date.fromisoformat(row[column][:10])): float(row[metric])
            for row in csv.DictReader(file)
            for metric in metrics
            if row[metric]
        }
    values = {
        (row["metric"], row["period_start_date"]): row["metric_value"]
        for row in rows(
            demo_warehouse,
            f"""
            select * from marts.mart_metric_values
            where period_type = '{grain}' and segment_type = 'all' and metric_value is not null
            """,
        )
    }
    # where nothing happened, MetricFlow says nothing or 0
    assert {key for key, value in answered.items() if value} <= values.keys()
    assert metrics - {metric for metric, _ in values} == NOT_SIMULATED
    for key, value in values.items():
        assert answered.get(key, 0.0) == pytest.approx(value, rel=1e-6), key


def test_metricflow_and_the_values_agree_by_segment(
    mf: MetricFlow, demo_warehouse: Warehouse, tmp_path: Path
) -> None:
    answer = tmp_path / "answer.csv"
    by = ["metric_time__quarter", "transition__persona"]
    mf("query", "--metrics", "mql_to_sql_rate", "--group-by", ",".join(by), "--csv", answer)
    with answer.open(encoding="utf-8", newline="") as file:
        answered = {
            (date.fromisoformat(row[by[0]][:10]), row[by[1]]): float(row["mql_to_sql_rate"])
            for row in csv.DictReader(file)
            if row["mql_to_sql_rate"]
        }
    values = rows(
        demo_warehouse,
        """
        select * from marts.mart_metric_values
        where
            metric = 'mql_to_sql_rate' and period_type = 'quarter'
            and segment_type = 'persona' and metric_value is not null
        """,
    )
    assert len(values) > 10
    assert answered == {
        (row["period_start_date"], row["segment_value"]): pytest.approx(row["metric_value"])
        for row in values
    }


def test_each_mart_that_the_catalogue_names_answers(
    demo_warehouse: Warehouse, catalogue: list[dict[str, Any]]
) -> None:
    for metric in catalogue:
        if metric["answered_by"] is None:
            assert metric["metric_kind"] != "mart", metric["metric"]
            continue
        mart, column = metric["answered_by"].split(".")
        [answer] = rows(demo_warehouse, f"select count({column}) as answers from marts.{mart}")
        assert (answer["answers"] > 0) == (metric["metric"] not in NOT_SIMULATED), metric["metric"]


def test_the_members_behind_a_ratio_are_found_by_the_catalogue(demo_warehouse: Warehouse) -> None:
    """From a rate of one month and channel to the persons behind it, and to their leads."""
    [month] = rows(
        demo_warehouse,
        """
        select * from marts.mart_metric_values
        where
            metric = 'mql_to_sql_rate' and period_type = 'month' and segment_type = 'channel'
            and segment_value = 'paid_search' and period_start_date = date '2024-03-01'
        """,
    )
    found = rows(
        demo_warehouse,
        """
        select
            members.metric = catalogue.numerator_metric as is_numerator,
            count(distinct members.person_key) as persons,
            count(distinct leads.lead_id) as leads
        from marts.mart_metric_catalog as catalogue
        inner join marts.mart_metric_members as members
            on members.metric in (catalogue.numerator_metric, catalogue.denominator_metric)
        inner join core.dim_leads as leads on members.person_key = leads.person_key
        where
            catalogue.metric = 'mql_to_sql_rate'
            and members.channel = 'paid_search'
            and date_trunc('month', members.member_date) = date '2024-03-01'
        group by 1
        """,
    )
    persons = {row["is_numerator"]: row["persons"] for row in found}
    assert persons == {True: month["numerator"], False: month["denominator"]}
    assert all(row["leads"] >= row["persons"] > 0 for row in found)
