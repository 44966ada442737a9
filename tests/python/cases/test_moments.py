"""Days, moments, and history that begins before the record."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from landed_cases import land_cases

from orchestration.build.build import build
from orchestration.warehouse.paths import Warehouse

SPANISH = {
    "decimal_mark": ",",
    "time_zone": "Europe/Madrid",
    "timestamp_formats": ["%d/%m/%Y %H:%M"],
    "date_formats": ["%d/%m/%Y"],
}
"""As the guide declares the files of a Spanish company."""

# two leads of 124 are from before 2000, of which one is quarantined: too few to ask in a company
ACCEPTED = ("landed.files.leads.early_share.created_at",)

Query = Callable[[str], list[tuple[Any, ...]]]

DAYS = "date_only_shifts_to_previous_month"
WON = "won_on_day_of_creation_date_only"
FORM = "form_stamps_two_seconds_before_the_crm"

OWN = {
    "leads": """lead_id,created_at,email
        imported,2024-06-03 10:00,imported@own.example
        middle,2024-05-06 10:00,middle@own.example
        called,2024-05-06 10:00,called@own.example
        same_day,2024-05-06 10:00,same_day@own.example
        dealt,2024-05-06 10:00,dealt@own.example
        old,1970-02-01 10:00,old@own.example
        typo,2025-11-01 10:00,typo@own.example
        """,
    "lead_status_changes": """event_id,lead_id,changed_at,from_status,to_status
        1,imported,2024-02-05 10:00,,mql
        2,imported,2024-03-05 10:00,mql,sql
        3,middle,2024-05-08 10:00,MQL,Lost
        4,called,2024-05-06 11:00,,mql
        5,same_day,2024-05-06,,sql
        """,
    "opportunities": """opportunity_id,lead_id,created_at,stage,closed_at,is_won,amount,currency
        before,dealt,2024-05-10 10:00,Won,2024-05-08,true,100,EUR
        ahead,dealt,2024-05-10 10:00,Won,2025-06-30,true,100,EUR
        """,
    "activities": "\n".join(
        (
            "activity_id,lead_id,rep_id,activity_type,direction,occurred_at",
            "call,called,r,call,out,2024-05-06",
            "demo,same_day,,demo_request,in,2024-05-06 12:00",
            *(
                f"visit_{day:%j},,,page_view,in,{day:%Y-%m-%d} 09:00"
                for day in (date(2024, 1, 1) + timedelta(days=n) for n in range(366))
            ),
        )
    ),
}
"""Some of each kind, among visits of every day of a year."""


@pytest.fixture(scope="module")
def cases(
    build_warehouse: Callable[..., Warehouse],
    query: Callable[..., list[tuple[Any, ...]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Query:
    folder = tmp_path_factory.mktemp("moments")
    landing = folder / "landing"
    land_cases(landing, DAYS, WON, FORM)
    for table, text in OWN.items():
        header, *rows = (line.strip() for line in text.strip().splitlines())
        lines = [f"{header},source_system", *(f"{row},own" for row in rows)]
        (landing / table).mkdir(exist_ok=True)
        (landing / table / "own.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    warehouse = build_warehouse(
        landing,
        folder / "warehouse",
        "files",
        formats={"files": SPANISH},
        make=partial(build, accepted=ACCEPTED),
    )
    return lambda sql: query(warehouse.work_database, sql)


def conversions_of_leads(system: str, to_stage: str) -> str:
    return f"""
        select count(*), count(converted_at), min(followed_days)
        from core.fct_stage_transitions
        where source_system = '{system}' and from_stage = 'lead' and to_stage = '{to_stage}'
    """


def test_a_form_that_stamps_before_the_crm_leaves_nobody_out_of_the_lead_cohort(
    cases: Query,
) -> None:
    system = f"{FORM}.form"
    assert cases(conversions_of_leads(system, "mql")) == [(100, 46, 0)]
    cohort = f"""
        select metric_value, denominator
        from marts.mart_metric_values
        where metric = 'lead_to_mql_rate'
        and period_type = 'month' and period_start_date = '2024-03-01'
        and segment_type = 'source_system' and segment_value = '{system}'
    """
    assert cases(cohort) == [(0.46, 100)]


def test_what_an_older_system_dated_before_the_import_keeps_its_date_behind_the_creation(
    cases: Query,
) -> None:
    entries = """
        select stage, entered_date::text, is_inferred
        from core.fct_stage_entries inner join core.dim_leads using (person_key)
        where dim_leads.source_system = 'own' and lead_id = 'imported'
        and stage in ('lead', 'mql', 'sql')
        order by all
    """
    assert cases(entries) == [
        ("lead", "2024-06-03", False),
        ("mql", "2024-02-05", False),
        ("sql", "2024-03-05", False),
    ]


def test_the_stage_that_the_first_change_left_behind_was_reached_and_not_observed(
    cases: Query,
) -> None:
    reached = """
        select mql_observed_at, mql_reached_at is not null, outcome
        from core.fct_lead_cycles inner join core.dim_leads using (person_key)
        where dim_leads.source_system = 'own' and lead_id = 'middle'
    """
    assert cases(reached) == [(None, True, "lost")]


def test_a_day_is_the_day_of_the_report_for_orders_wins_and_stages(cases: Query) -> None:
    days = f"""
        select 'order', ordered_date::text from core.fct_orders
        where source_system = '{DAYS}' and order_id = 'o1'
        union all
        select 'win', closed_date::text from core.fct_opportunities
        where source_system = '{DAYS}' and opportunity_id in ('p1', 'p2')
        union all
        select 'lead', dim_persons.created_date::text
        from core.dim_persons inner join core.dim_leads using (person_key)
        where dim_leads.source_system = '{DAYS}' and lead_id in ('4', '6')
        union all
        select stage, entered_date::text from core.fct_stage_entries
        where source_system = '{DAYS}' and stage = 'mql' and not is_inferred
        order by all
    """
    assert cases(days) == [
        *[("lead", "2024-04-01")] * 2,
        *[("mql", "2024-04-01")] * 2,
        ("order", "2024-04-01"),
        *[("win", "2024-04-01")] * 2,
    ]
    revenue = f"""
        select sum(order_amount)::double from core.fct_orders
        where source_system = '{DAYS}' and ordered_date between '2024-03-01' and '2024-03-31'
    """
    assert cases(revenue) == [(None,)]


def test_a_deal_may_be_won_on_the_day_on_which_it_was_opened(cases: Query) -> None:
    deals = f"""
        select closed_date::text, is_won, opportunity_amount::double, is_closed_before_creation
        from core.fct_opportunities where source_system = '{WON}'
    """
    assert cases(deals) == [("2024-03-10", True, 1000.0, False)]
    customers = f"""
        select converted_date::text, revenue_amount::double
        from core.fct_new_customers where source_system = '{WON}'
    """
    assert cases(customers) == [("2024-03-10", 1000.0)]
    stages = f"""
        select stage from core.fct_stage_stints where source_system = '{WON}' and person_key in
        (select person_key from core.dim_leads where lead_id = 'a13') order by stint_number
    """
    assert cases(stages) == [("lead",), ("opportunity",), ("customer",)]


def test_a_deal_closed_before_its_creation_is_kept_and_flagged(cases: Query) -> None:
    deals = """
        select opportunity_id, is_won, is_open, is_closed_before_creation, closed_date::text
        from core.fct_opportunities where source_system = 'own' order by all
    """
    assert cases(deals) == [
        ("ahead", None, True, False, None),
        ("before", True, False, True, "2024-05-08"),
    ]


def test_within_its_day_a_stage_comes_after_what_is_known_to_be_before_it(cases: Query) -> None:
    path = """
        select stage, moment_precision, entered_date::text
        from core.fct_stage_stints where person_key in
        (select person_key from core.dim_leads where source_system = 'own' and lead_id = 'same_day')
        order by stint_number
    """
    assert cases(path) == [
        ("lead", "exact", "2024-05-06"),
        ("mql", "exact", "2024-05-06"),
        ("sql", "day", "2024-05-06"),
    ]


def test_a_slip_of_the_pen_moves_neither_as_of_nor_the_calendar(cases: Query) -> None:
    # the last visit of the year, half an hour before midnight in Madrid
    assert cases("select as_of::text from intermediate.int_as_of") == [("2024-12-31 22:30:00",)]
    assert cases("select year(min(date_day)), year(max(date_day)) from core.dim_dates") == [
        (2024, 2024)
    ]
    set_aside = """
        select lead_id, disposition from core.dim_leads
        where source_system = 'own' and lead_id in ('old', 'typo') order by all
    """
    assert cases(set_aside) == [("old", "after_as_of"), ("typo", "after_as_of")]


def test_a_contact_that_is_known_by_its_day_was_made_but_not_timed(cases: Query) -> None:
    clocks = """
        select stops_on, is_contacted, first_contact_minutes, is_contacted_within_1h, status
        from core.fct_sla_clocks where stops_on = 'contact' and person_key in
        (select person_key from core.dim_leads where source_system = 'own' and lead_id = 'called')
    """
    assert cases(clocks) == [("contact", True, None, None, "unknown")]
