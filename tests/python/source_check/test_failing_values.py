"""A value at which a mapping fails is named by model, column, file and row."""

from pathlib import Path

import duckdb
import pytest

from orchestration.build.failing_values import failing_values

NODES = ["model.lead_funnel.stg_acme__leads", "seed.lead_funnel.stage_map"]
VIEW = """
    select
        id as lead_id,
        cast({amount} as integer) as company_revenue,
        _source_file,
        cast(_source_row as bigint) as _source_row
    from raw_acme.leads
"""


def database(folder: Path, amount: str, bad: set[tuple[str, int]]) -> Path:
    path = folder / "warehouse.duckdb"
    rows = [
        (f"{file}{row}", "x" if (file, row) in bad else "1", f"acme/{file}.csv", row)
        for file in ("a", "b", "c")
        for row in range(1, 8)
    ]
    with duckdb.connect(path) as connection:
        connection.execute("create schema raw_acme")
        connection.execute("create schema staging")
        connection.execute(
            "create table raw_acme.leads "
            "(id varchar, amount varchar, _source_file varchar, _source_row bigint)"
        )
        connection.executemany("insert into raw_acme.leads values (?, ?, ?, ?)", rows)
        view = VIEW.format(amount=amount)
        connection.execute(f"create view staging.stg_acme__leads as {view}")
    return path


@pytest.mark.parametrize(
    ("bad", "row"),
    [
        ({("a", 1)}, "acme/a.csv row 1"),
        ({("b", 5)}, "acme/b.csv row 5"),
        ({("c", 7), ("b", 6)}, "acme/b.csv row 6"),
    ],
)
def test_first_row_that_fails_is_named(bad: set[tuple[str, int]], row: str, tmp_path: Path) -> None:
    work = database(tmp_path, "amount", bad)
    assert failing_values(work, NODES) == [
        f"stg_acme__leads fails at column company_revenue, {row}"
    ]


def test_a_mapping_that_fails_in_all_rows_blames_none(tmp_path: Path) -> None:
    work = database(tmp_path, "max(amount) over ()", {("b", 5)})
    assert failing_values(work, NODES) == [
        "stg_acme__leads fails at column company_revenue, in all rows of acme/a.csv"
    ]


def test_nothing_is_said_where_no_mapping_fails(tmp_path: Path) -> None:
    work = database(tmp_path, "amount", set())
    assert failing_values(work, NODES) == []
    assert failing_values(work, ["model.lead_funnel.stg_acme__orders"]) == []
    assert failing_values(tmp_path / "none.duckdb", NODES) == []
