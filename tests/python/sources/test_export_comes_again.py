"""Rows without an id of their own keep their identity when the same export comes again, longer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration.build.build import build, load_only

EVENTS = """lead_id,status,created_at
1,NEW_LEAD,2024-10-01 09:00:00
1,NO_ANSWER,2024-10-02 09:00:00
1,NO_ANSWER,2024-10-02 09:00:00
2,QUALIFIED,2024-10-04 09:00:00
2,NEW_LEAD,2024-10-03 09:00:00
3,NEW_LEAD,soon
"""
MORE_EVENTS = """3,NEW_LEAD,2024-10-05 09:00:00
1,QUALIFIED,2024-10-06 09:00:00
"""
SPEND = """ad_set_id,campaign_id,reach,spend,clicks,impressions,created_at
7,70,1,10.10,1,1,2024-10-01 00:00:00
7,70,1,0.02,1,1,2024-10-01 00:00:00
7,70,1,5.00,1,1,2024-10-02 00:00:00
"""
CORRECTED_SPEND = SPEND.replace("5.00", "5.55")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory, build_warehouse: Callable[..., Any]) -> Path:
    folder = tmp_path_factory.mktemp("again")
    export = folder / "landing" / "realestate"
    export.mkdir(parents=True)
    exports = (
        (EVENTS, SPEND, lambda settings, **_: load_only(settings, echo=lambda _: None)),
        (EVENTS + MORE_EVENTS, CORRECTED_SPEND, build),
    )
    for events, spend, make in exports:
        (export / "lead_status_changes.csv").write_text(events, encoding="utf-8")
        (export / "insights.csv").write_text(spend, encoding="utf-8")
        warehouse = build_warehouse(export.parent, folder / "warehouse", "realestate", make=make)
    work_database: Path = warehouse.work_database
    return work_database


def test_events_are_neither_doubled_nor_lost(database: Path, query: Callable[..., Any]) -> None:
    found = query(
        database,
        """
        select persons.lead_id, changes.to_status, changes.changed_at::varchar, count(*)
        from core.fct_status_changes as changes
        inner join intermediate.int_lead_persons as persons using (person_key)
        group by all
        order by all
        """,
    )
    assert found == [
        ("1", "NEW_LEAD", "2024-10-01 09:00:00", 1),
        ("1", "NO_ANSWER", "2024-10-02 09:00:00", 2),
        ("1", "QUALIFIED", "2024-10-06 09:00:00", 1),
        ("2", "NEW_LEAD", "2024-10-03 09:00:00", 1),
        ("2", "QUALIFIED", "2024-10-04 09:00:00", 1),
        ("3", "NEW_LEAD", "2024-10-05 09:00:00", 1),
    ]


def test_lead_is_created_by_its_first_event(database: Path, query: Callable[..., Any]) -> None:
    sql = "select lead_id, created_at::varchar from intermediate.int_lead_persons order by 1"
    assert query(database, sql) == [
        ("1", "2024-10-01 09:00:00"),
        ("2", "2024-10-03 09:00:00"),
        ("3", "2024-10-05 09:00:00"),
    ]


def test_day_that_is_exported_again_supersedes_its_spend(
    database: Path, query: Callable[..., Any]
) -> None:
    sql = "select cost_date::varchar, original_amount::varchar from core.fct_costs order by all"
    assert query(database, sql) == [
        ("2024-10-01", "0.02"),
        ("2024-10-01", "10.10"),
        ("2024-10-02", "5.55"),
    ]


def test_every_row_of_both_exports_is_accounted_for(
    database: Path, query: Callable[..., Any]
) -> None:
    sql = """
        select contract_table, landed_rows, staged_rows, superseded_rows, quarantined_rows
        from core.fct_landed_files
        where contract_table != 'leads'
        order by 1, 2, 3
        """
    assert query(database, sql) == [
        ("costs", 3, 0, 3, 0),
        ("costs", 3, 3, 0, 0),
        ("lead_status_changes", 6, 0, 5, 1),
        ("lead_status_changes", 8, 7, 0, 1),
    ]


def test_row_that_cannot_be_read_is_set_aside_as_it_came(
    database: Path, query: Callable[..., Any]
) -> None:
    sql = """
        select distinct reason, source_file, source_row, raw_text like '%"created_at":"soon"%'
        from quarantine.quarantined_rows
        where contract_table = 'lead_status_changes'
        """
    assert query(database, sql) == [
        (
            "changed_at is not a timestamp",
            "realestate/lead_status_changes.csv",
            6,
            True,
        )
    ]
