"""The source `realestate` gives the figures that its raw files give by other means."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration.warehouse.paths import Warehouse

Rows = list[tuple[Any, ...]]
Query = Callable[[str], Rows]


@pytest.fixture(scope="module")
def folder(trial_data: Path) -> Path:
    path = trial_data / "realestate"
    if not path.is_dir():
        pytest.skip(f"no trial data in {path}")
    return path


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return figures


@pytest.fixture(scope="module")
def realestate(realestate_warehouse: Warehouse, query: Callable[..., Rows]) -> Query:
    """A query of the release that the export gives."""
    return lambda sql: query(realestate_warehouse.current_database, sql)


def test_events_and_leads(realestate: Query, truth: dict[str, Any]) -> None:
    expected = (truth["totals"]["events"], truth["totals"]["leads"])
    assert expected == (38925, 26279)
    assert realestate(
        """
        select
            (select count(*) from core.fct_status_changes where person_key is not null),
            (select count(*) from core.dim_persons)
        """
    ) == [expected]


def test_every_status(realestate: Query, truth: dict[str, Any]) -> None:
    found = realestate(
        """
        select to_status, count(*), count(distinct person_key)
        from core.fct_status_changes
        group by 1
        """
    )
    assert {row[0]: row[1:] for row in found} == {
        row["status"]: (row["events"], row["leads"]) for row in truth["by_status"]
    }


def test_every_month_of_every_status(realestate: Query, truth: dict[str, Any]) -> None:
    found = realestate(
        """
        select strftime(changed_at, '%Y-%m'), to_status, count(*)
        from core.fct_status_changes
        group by 1, 2
        order by 1, 2
        """
    )
    expected = [(row["month"], row["status"], row["n"]) for row in truth["events_by_month_status"]]
    assert found == sorted(expected)


def test_every_status_has_a_meaning(realestate: Query) -> None:
    assert realestate("select status from marts.mart_unmapped_statuses") == []


def test_leads_that_never_leave_new_lead(realestate: Query, truth: dict[str, Any]) -> None:
    found = realestate(
        """
        select count_if(events = 1), count_if(only_new)
        from (
            select count(*) as events, bool_and(to_status = 'NEW_LEAD') as only_new
            from core.fct_status_changes
            group by person_key
        )
        """
    )
    one_event = next(row["leads"] for row in truth["events_per_lead"] if row["n"] == 1)
    assert one_event == 14521
    assert found == [(one_event, one_event)]


def test_events_per_lead(realestate: Query, truth: dict[str, Any]) -> None:
    found = realestate(
        """
        select events, count(*)
        from (select count(*) as events from core.fct_status_changes group by person_key)
        group by 1
        order by 1
        """
    )
    assert found == [(row["n"], row["leads"]) for row in truth["events_per_lead"]]


def test_leads_by_month(realestate: Query, truth: dict[str, Any]) -> None:
    found = realestate(
        """
        select strftime(created_at, '%Y-%m'), count(*)
        from core.dim_persons
        group by 1
        order by 1
        """
    )
    assert found == [(row["month"], row["leads"]) for row in truth["by_month_first_seen"]]


def test_event_that_stands_twice_stays_twice(realestate: Query, truth: dict[str, Any]) -> None:
    found = realestate(
        """
        select count(*)
        from (
            select 1
            from core.fct_status_changes
            group by person_key, to_status, changed_at
            having count(*) > 1
        )
        """
    )
    assert found == [(truth["quirks"]["exact_duplicates"],)]


def test_leads_that_got_to_the_late_stages(realestate: Query, truth: dict[str, Any]) -> None:
    found = realestate(
        """
        select
            count(distinct person_key) filter (mql_observed_at is not null),
            count(distinct person_key) filter (sql_observed_at is not null),
            count(distinct person_key) filter (opportunity_observed_at is not null),
            count(distinct person_key) filter (customer_observed_at is not null)
        from core.fct_lead_cycles
        """
    )
    ever = truth["leads_ever_in_status"]
    statuses = ("HIGH_INTEREST", "QUALIFIED", "MEETING_DONE", "DONE_DEAL")
    assert found == [tuple(ever[status] for status in statuses)]


def test_spend(realestate: Query, truth: dict[str, Any]) -> None:
    found = realestate(
        """
        select
            count(*), count(distinct campaign_key), cast(sum(original_amount) as double),
            min(currency), max(currency), min(cost_type), max(cost_type)
        from core.fct_costs
        """
    )
    spend = truth["spend"]
    expected = (spend["insight_rows"], spend["campaigns"], spend["spend"])
    assert expected == (68733, 6821, 24852291.59)
    assert found == [(*expected, "EGP", "EGP", "media", "media")]


def test_spend_by_month(realestate: Query, truth: dict[str, Any]) -> None:
    found = realestate(
        """
        select strftime(cost_date, '%Y-%m'), cast(sum(original_amount) as double)
        from core.fct_costs
        group by 1
        order by 1
        """
    )
    assert found == [(row["month"], row["spend"]) for row in truth["spend_by_month"]]


def test_campaigns_with_and_without_spend(realestate: Query, truth: dict[str, Any]) -> None:
    found = realestate(
        """
        select
            count(*),
            count(distinct campaign_name),
            count_if(is_declared),
            count_if(campaign_key not in (select campaign_key from core.fct_costs))
        from core.dim_campaigns
        """
    )
    joined = truth["campaign_join"]
    declared, projects = joined["campaigns"], joined["projects"]
    assert found == [(declared, projects, declared, joined["campaigns_without_spend"])]


def test_tables_that_the_export_has_not_are_empty(realestate: Query) -> None:
    for table in ("fct_activities", "fct_opportunities", "fct_orders", "fct_targets", "dim_reps"):
        assert realestate(f"select count(*) from core.{table}") == [(0,)], table


def test_every_landed_row_is_accounted_for(realestate: Query) -> None:
    found = realestate(
        """
        select contract_table, landed_rows, staged_rows, quarantined_rows, nulled_rows
        from core.fct_landed_files
        order by 1
        """
    )
    # a lead is a choice among the events, all of which are staged as status changes
    assert found == [
        ("campaigns", 7364, 7364, 0, 0),
        ("costs", 68733, 68733, 0, 0),
        ("lead_status_changes", 38925, 38925, 0, 0),
        ("leads", 38925, 26279, 0, 0),
    ]
