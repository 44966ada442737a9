"""Six exports of hard kinds, each mapped in a folder of its own, in one warehouse.

The folders under `exports/` hold what a user writes (models) and what lands (landing). The figures
expected here are worked out from the landed files by hand.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.cloned_project import PARTS, Clone

from orchestration.contract import PROJECT_DIR
from orchestration.warehouse.paths import Warehouse

Rows = list[tuple[Any, ...]]
Query = Callable[[str], Rows]

EXPORTS = Path(__file__).parent / "exports"
SOURCES = ("academia", "changelog", "eventlog", "lists", "mortgages", "properties")
WARNINGS = {
    "academia": [
        "1 of 5 rows of leads are quarantined, most because created_at is not a timestamp (for "
        "example academia/alumnos.csv row 4).",
        "No rule explains 1 word(s) of lead_status_changes.to_status (1 row(s)): it moves no lead "
        "to a stage.",
    ],
    # rows 12 and 15 are of a deal without a person, and of one that is not in the export
    "changelog": [
        "2 of 14 rows of lead_status_changes are quarantined, most because lead_id is missing (for "
        "example changelog/changes.csv row 12).",
        "No rule explains 1 word(s) of leads.lead_source (1 row(s)): how these leads came is not "
        "known.",
        "No rule explains 1 word(s) of lead_status_changes.to_status (1 row(s)): it moves no lead "
        "to a stage.",
        "1 of 5 owner_rep_id of leads name no record of reps (for example changelog/persons.csv "
        "row 4).",
        "2 of 12 changed_by_rep_id of lead_status_changes name no record of reps (for example "
        "changelog/changes.csv row 13).",
        "1 of 5 owner_rep_id of opportunities name no record of reps (for example "
        "changelog/deals.csv row 5).",
    ],
    "eventlog": [
        "1 of 6 rows of activities are quarantined, most because occurred_at is not a timestamp "
        "(for example eventlog/events_2024_10.csv row 8).",
        "landed.eventlog.events.float_ids is 1, limit at most 0 (agent_id: 1 of 21 new rows), for "
        "example eventlog/events_2024_10.csv row 10. A spreadsheet or pandas took these ids for "
        "numbers; their last digits may be gone, and 12.0 does not meet 12.",
    ],
    "lists": [
        "1 of 11 rows of stage_counts are quarantined, most because count_date is not a date (for "
        "example lists/qualified.csv row 3).",
    ],
    "mortgages": [
        "1 of 9 rows of leads are quarantined, most because created_at is not a timestamp (for "
        "example mortgages/loans.csv row 7).",
        "1 of 19 rows of lead_status_changes are quarantined, most because changed_at is not a "
        "timestamp (for example mortgages/loans.csv row 7).",
        "No rule explains 1 word(s) of leads.channel (2 row(s)): it stays as it is, beside the "
        "words that are translated.",
    ],
    "properties": [
        "No rule explains 1 word(s) of lead_status_changes.to_status (1 row(s)): it moves no lead "
        "to a stage.",
    ],
}
RECORDS = {
    "academia": {
        "leads": (5, 4, 0, 1),
        "lead_status_changes": (11, 11, 0, 0),
        "activities": (4, 4, 0, 0),
        "orders": (4, 4, 0, 0),
        "costs": (3, 3, 0, 0),
    },
    "changelog": {
        "leads": (5, 5, 0, 0),
        "lead_status_changes": (14, 12, 0, 2),
        "opportunities": (5, 5, 0, 0),
        "reps": (2, 2, 0, 0),
    },
    "eventlog": {
        "leads": (4, 3, 1, 0),
        "lead_status_changes": (1, 1, 0, 0),
        "activities": (6, 5, 0, 1),
        "opportunities": (7, 3, 4, 0),
    },
    "lists": {
        "stage_counts": (11, 10, 0, 1),
        "costs": (3, 3, 0, 0),
    },
    "mortgages": {
        "leads": (9, 8, 0, 1),
        "lead_status_changes": (19, 18, 0, 1),
        "opportunities": (5, 5, 0, 0),
    },
    "properties": {
        "leads": (5, 3, 2, 0),
        "lead_status_changes": (12, 10, 2, 0),
        "lead_grades": (3, 3, 0, 0),
    },
}
"""Records of a mapping, and how many are staged, superseded and quarantined."""
READ_AS = {
    "alumnos": ["Windows-1252", "fields separated by semicolons"],
    "gastos": ["Windows-1252", "fields separated by semicolons"],
    "llamadas": ["Windows-1252", "fields separated by semicolons"],
    "pagos": ["Windows-1252", "fields separated by semicolons, as its line sep= says"],
    "seguimiento": ["UTF-8", "fields separated by semicolons"],
}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """The project with the six folders, and their files in the landing folder."""
    made = Clone(tmp_path_factory.mktemp("mapped_exports"))
    for source in SOURCES:
        made.add_source(EXPORTS / source / "models", source)
        shutil.copytree(EXPORTS / source / "landing", made.landing / source)
    return made


@pytest.fixture(scope="module")
def built(clone: Clone, query: Callable[..., Rows]) -> Query:
    """A query of the release that the six sources give together."""
    clone.run(
        *("-m", "orchestration.cli", "build", "--sources", ",".join(SOURCES)),
        *("--landing", str(clone.landing), "--warehouse", str(clone.warehouse)),
    )
    return lambda sql: query(Warehouse(clone.warehouse).current_database, sql)


@pytest.fixture(scope="module")
def checked(clone: Clone) -> dict[str, tuple[int, dict[str, Any]]]:
    """Exit code and findings of the check of each source."""
    return clone.check_sources(SOURCES)


def test_only_the_folder_of_each_source_is_new(built: Query, clone: Clone) -> None:
    assert built("select count(*) from core.dim_leads") == [(23,)]
    new = {
        path.relative_to(clone.project).parts[:3]
        for part in PARTS
        for path in [clone.project / part, *(clone.project / part).rglob("*")]
        if path.is_file()
        and "__pycache__" not in path.parts
        and not _is_same(path, PROJECT_DIR / path.relative_to(clone.project))
    }
    assert new == {("models", "staging", source) for source in SOURCES}


@pytest.mark.parametrize("source", SOURCES)
def test_check_says_what_a_build_would_make_of_it(
    checked: dict[str, tuple[int, dict[str, Any]]], source: str
) -> None:
    exit_code, found = checked[source]
    said = [(problem["level"], problem["what"]) for problem in found["problems"]]
    assert (exit_code, said) == (0, [("warning", text) for text in WARNINGS[source]])
    assert all(file["unused"] == file["unreadable"] == 0 for file in found["files"])
    assert {
        table["table"]: (table["rows"], table["staged"], table["superseded"], table["quarantined"])
        for table in found["tables"]
    } == RECORDS[source]


def test_format_of_spanish_files_is_detected(
    checked: dict[str, tuple[int, dict[str, Any]]],
) -> None:
    _, found = checked["academia"]
    assert {file["table"]: list(file["read_as"]) for file in found["files"]} == READ_AS


def test_every_landed_row_is_used_a_lookup_or_left_out(built: Query) -> None:
    found = built(
        """
        select distinct
            source_file, landed_rows, used_rows, left_out_rows, unreadable_rows, is_lookup
        from core.fct_landed_files
        order by 1
        """
    )
    assert found == [
        ("academia/alumnos.csv", 5, 5, 0, 0, False),
        ("academia/gastos.csv", 3, 3, 0, 0, False),
        ("academia/llamadas.csv", 5, 4, 1, 0, False),
        ("academia/pagos.csv", 4, 4, 0, 0, False),
        ("academia/seguimiento.csv", 11, 11, 0, 0, False),
        ("changelog/changes.csv", 16, 14, 2, 0, False),
        ("changelog/deals.csv", 5, 5, 0, 0, False),
        ("changelog/persons.csv", 5, 5, 0, 0, False),
        ("changelog/stages.csv", 3, 0, 0, 0, True),
        ("changelog/stages_october.csv", 3, 0, 0, 0, True),
        ("changelog/users.csv", 3, 2, 1, 0, False),
        ("eventlog/events_2024_09.csv", 11, 9, 2, 0, False),
        ("eventlog/events_2024_10.csv", 10, 9, 1, 0, False),
        ("lists/form_entries.csv", 5, 5, 0, 0, False),
        ("lists/qualified.csv", 3, 3, 0, 0, False),
        ("lists/sales.csv", 3, 3, 0, 0, False),
        ("lists/spend.csv", 3, 3, 0, 0, False),
        ("mortgages/loans.csv", 10, 9, 1, 0, False),
        ("properties/contact_property_history.csv", 23, 15, 8, 0, False),
        ("properties/contact_property_history_november.csv", 5, 4, 1, 0, False),
        ("properties/lifecycle_options.csv", 4, 0, 0, 0, True),
    ]
    assert all(
        used + left_out + unreadable == landed or is_lookup
        for _, landed, used, left_out, unreadable, is_lookup in found
    )


def test_records_are_those_of_the_checks(built: Query) -> None:
    found = built(
        """
        select
            source_name, contract_table, sum(staged_rows), sum(superseded_rows),
            sum(quarantined_rows), sum(nulled_rows)
        from core.fct_landed_files
        where contract_table is not null
        group by 1, 2
        """
    )
    assert {tuple(row[:2]): tuple(row[2:]) for row in found} == {
        (source, table): (*outcomes, 0)
        for source, tables in RECORDS.items()
        for table, (_, *outcomes) in tables.items()
    }


def test_lists_without_ids_are_counted_and_are_nobody(built: Query) -> None:
    assert built("select count(*) from core.dim_leads where source_system = 'lists'") == [(0,)]
    found = built(
        """
        select
            month_start_date::string, segment_value, stage, entry_count, won_amount::double,
            media_cost::double, cost_per_entry, roas
        from marts.mart_stage_counts
        where segment_value in ('podcast', 'radio')
        order by all
        """
    )
    assert found == [
        ("2024-09-01", "podcast", "customer", 3, 400, 100, pytest.approx(100 / 3), 4),
        ("2024-09-01", "podcast", "lead", 3, None, 100, pytest.approx(100 / 3), None),
        ("2024-09-01", "podcast", "mql", 2, None, 100, 50, None),
        # paid for, and not counted
        ("2024-09-01", "radio", "customer", None, None, 40, None, None),
        ("2024-09-01", "radio", "lead", 1, None, 40, 40, None),
        ("2024-09-01", "radio", "mql", None, None, 40, None, None),
        ("2024-10-01", "podcast", "lead", 1, None, None, None, None),
        # no sale of a month with spend has no price
        ("2024-10-01", "radio", "customer", 0, None, 30, None, None),
        ("2024-10-01", "radio", "lead", None, None, 30, None, None),
    ]


def test_costs_of_a_period_are_those_of_its_days(built: Query) -> None:
    found = built(
        """
        select
            channel, cost_amount::double, count(*), min(cost_date)::string, max(cost_date)::string
        from core.fct_costs
        where source_system = 'lists'
        group by all
        order by all
        """
    )
    assert found == [
        ("podcast", 100, 1, "2024-09-01", "2024-09-01"),
        ("radio", 0.96, 7, "2024-10-25", "2024-10-31"),
        ("radio", 0.97, 24, "2024-10-01", "2024-10-24"),
        ("radio", 1.33, 20, "2024-09-11", "2024-09-30"),
        ("radio", 1.34, 10, "2024-09-01", "2024-09-10"),
    ]


def test_prices_of_clicks_and_impressions(built: Query) -> None:
    found = built(
        """
        select
            period_start_date::string, segment_value, clicks, impressions, click_through_rate,
            cost_per_click, cost_per_thousand_impressions, unknown_reason
        from marts.mart_ad_performance
        where period_type = 'month' and segment_value in ('podcast', 'radio')
        order by all
        """
    )
    nothing, no_clicks = "clicks_and_impressions_not_recorded", "clicks_not_recorded"
    assert found == [
        ("2024-09-01", "podcast", 50, 2000, 0.025, 2, 50, None),
        ("2024-09-01", "radio", None, None, None, None, None, nothing),
        ("2024-10-01", "radio", None, 900, None, None, pytest.approx(100 / 3), no_clicks),
    ]


def test_planned_activities_wait_and_move_nothing(
    built: Query, checked: dict[str, tuple[int, dict[str, Any]]]
) -> None:
    found = built(
        """
        select activity_id, activity_type, planned_at::string, is_overdue
        from core.fct_planned_activities
        order by 1
        """
    )
    assert found == [
        ("e17", "meeting", "2024-10-10 09:00:00", True),
        ("e18", "meeting", "2099-01-01 09:00:00", False),
    ]
    as_of = checked["eventlog"][1]["as_of"]
    assert (as_of["table"], as_of["column"]) == ("opportunities", "closed_at")
    assert as_of["moment"].startswith("2024-10-09")


def test_grades_that_others_gave(built: Query) -> None:
    found = built(
        """
        select grades.graded_by, grades.grade, grades.score, valid_from::string, valid_to::string
        from core.fct_lead_grades as grades
        inner join core.dim_leads as leads on grades.person_key = leads.person_key
        where leads.lead_id = 'k1'
        order by 1, 4
        """
    )
    for_ever = "9999-12-31 00:00:00"
    assert found == [
        ("hubspotscore", None, 12.5, "2024-09-10 10:00:00", "2024-09-20 10:00:00"),
        ("hubspotscore", None, 30, "2024-09-20 10:00:00", for_ever),
        ("sales", "Hot", None, "2024-09-21 10:00:00", for_ever),
    ]


def test_counts_set_as_of_where_nothing_else_does(
    checked: dict[str, tuple[int, dict[str, Any]]],
) -> None:
    as_of = checked["lists"][1]["as_of"]
    assert (as_of["table"], as_of["column"]) == ("stage_counts", "count_date")
    assert as_of["moment"].startswith("2024-10-02")


def test_leads_with_their_moments_in_utc(built: Query) -> None:
    assert _by_source(
        built,
        "select source_system, lead_id, created_at::string from core.dim_leads order by lead_id",
    ) == {
        # summer time in Madrid until 27 October
        "academia": [
            ("A1", "2024-09-02 07:30:00"),
            ("A2", "2024-09-03 15:05:00"),
            ("A3", "2024-10-28 09:00:00"),
            ("A5", "2024-09-04 10:00:00"),
        ],
        "changelog": [
            ("1", "2024-09-02 08:00:00"),
            ("2", "2024-09-04 08:30:00"),
            ("3", "2024-09-06 14:00:00"),
            ("4", "2024-10-02 07:00:00"),
            ("5", "2024-10-04 07:00:00"),
        ],
        "eventlog": [
            ("c1", "2024-09-02 09:00:00"),
            ("c2", "2024-09-02 10:00:00"),
            ("c3", "2024-09-14 09:00:00"),
        ],
        # midnight in New York
        "mortgages": [
            ("L-01", "2024-09-03 04:00:00"),
            ("L-02", "2024-09-04 04:00:00"),
            ("L-03", "2024-09-05 04:00:00"),
            ("L-04", "2024-10-30 04:00:00"),
            ("L-05", "2024-09-09 04:00:00"),
            ("L-06", "2024-09-16 04:00:00"),
            ("L-08", "2024-10-01 04:00:00"),
            ("L-09", "2024-10-07 04:00:00"),
        ],
        # k3's creation comes with the next file
        "properties": [
            ("k1", "2024-09-02 08:00:00"),
            ("k2", "2024-09-05 10:00:00"),
            ("k3", "2024-10-19 09:00:00"),
        ],
    }


def test_persons_with_the_words_of_the_warehouse(built: Query) -> None:
    found = _by_source(
        built,
        """
        select
            persons.source_system, persons.channel, persons.country, persons.lead_source,
            reps.rep_id, persons.has_email, count(*)
        from core.dim_persons as persons
        left join core.dim_reps as reps on persons.owner_rep_key = reps.rep_key
        group by all
        order by all
        """,
    )
    none = "unassigned"
    assert found == {
        "academia": [
            ("event", "ES", none, None, True, 1),
            ("paid_search", "ES", none, None, True, 2),
            (none, "PE", none, None, False, 1),
        ],
        "changelog": [
            (none, none, "carrier_pigeon", "13", True, 1),
            (none, none, "trade_show", "12", True, 1),
            (none, none, "website", "11", True, 2),
            (none, none, "website", "12", True, 1),
        ],
        # Kim and kim are one person
        "eventlog": [(none, none, none, None, True, 2)],
        "mortgages": [
            ("paid_search", none, none, None, False, 1),
            ("paid_search", none, none, None, True, 3),
            ("referral", none, none, None, True, 3),
            ("walk_in", none, none, None, True, 1),
        ],
        # owner 7, then 8, then 7 again; an e-mail address that was emptied
        "properties": [
            (none, none, none, "7", True, 1),
            (none, none, none, None, False, 1),
            (none, none, none, None, True, 1),
        ],
    }


def test_stage_changes_with_their_moments_in_utc(built: Query) -> None:
    assert _by_source(
        built,
        """
        select
            changes.source_system, leads.lead_id, changes.stage, changes.changed_at::string,
            count(*)
        from core.fct_status_changes as changes
        inner join core.dim_leads as leads
            on changes.person_key = leads.person_key and leads.disposition = 'survivor'
        group by all
        order by leads.lead_id, 4, min(changes.event_id)
        """,
    ) == {
        # what stands twice in a file stays twice
        "academia": [
            ("A1", "lead", "2024-09-02 07:30:00", 1),
            ("A1", "mql", "2024-09-05 09:00:00", 1),
            ("A1", "opportunity", "2024-09-12 14:00:00", 1),
            ("A1", "customer", "2024-09-20 16:00:00", 1),
            ("A2", "lead", "2024-09-03 15:05:00", 1),
            ("A2", "lost", "2024-09-10 08:00:00", 2),
            ("A3", "lead", "2024-10-28 09:00:00", 1),
            ("A3", "mql", "2024-11-04 08:00:00", 1),
            ("A5", "lead", "2024-09-04 10:00:00", 1),
            ("A5", None, "2024-09-06 10:00:00", 1),
        ],
        # by the names that the stages have in October
        "changelog": [
            ("1", "sql", "2024-09-03 09:00:00", 1),
            ("1", "opportunity", "2024-09-10 10:00:00", 1),
            ("1", "opportunity", "2024-09-17 10:30:00", 1),
            ("1", "customer", "2024-10-01 12:00:00", 1),
            ("2", "sql", "2024-09-05 09:00:00", 1),
            ("2", "opportunity", "2024-09-12 09:00:00", 1),
            ("2", "sql", "2024-09-19 09:00:00", 1),
            ("2", "opportunity", "2024-09-26 09:00:00", 1),
            ("3", "sql", "2024-09-06 15:00:00", 1),
            ("3", "lost", "2024-09-20 16:00:00", 1),
            ("4", "sql", "2024-10-03 08:00:00", 1),
            ("4", None, "2024-10-08 08:00:00", 1),
        ],
        "eventlog": [("c1", "mql", "2024-09-03 08:00:00", 1)],
        "mortgages": [
            ("L-01", "lead", "2024-09-03 04:00:00", 1),
            ("L-01", "sql", "2024-09-10 04:00:00", 1),
            ("L-01", "customer", "2024-10-15 04:00:00", 1),
            ("L-02", "lead", "2024-09-04 04:00:00", 1),
            ("L-02", "disqualified", "2024-09-12 04:00:00", 1),
            ("L-03", "lead", "2024-09-05 04:00:00", 1),
            # summer time ends in New York on 3 November
            ("L-04", "lead", "2024-10-30 04:00:00", 1),
            ("L-04", "sql", "2024-11-02 04:00:00", 1),
            ("L-04", "customer", "2024-11-05 05:00:00", 1),
            ("L-05", "lead", "2024-09-09 04:00:00", 1),
            ("L-05", "lost", "2024-09-20 04:00:00", 1),
            ("L-06", "lead", "2024-09-16 04:00:00", 1),
            ("L-06", "sql", "2024-09-25 04:00:00", 1),
            ("L-08", "lead", "2024-10-01 04:00:00", 1),
            ("L-08", "customer", "2024-10-28 04:00:00", 1),
            ("L-09", "lead", "2024-10-07 04:00:00", 1),
            ("L-09", "sql", "2024-10-07 04:00:00", 1),
            ("L-09", "customer", "2024-10-07 04:00:00", 1),
        ],
        "properties": [
            ("k1", "lead", "2024-09-02 08:00:00.25", 1),
            ("k1", "mql", "2024-09-09 10:00:00", 1),
            ("k1", "lead", "2024-09-16 10:00:00", 1),
            ("k1", "mql", "2024-09-23 10:00:00", 1),
            ("k1", "opportunity", "2024-10-01 10:00:00", 1),
            ("k2", "lead", "2024-09-05 10:00:00.1", 1),
            ("k2", "lead", "2024-09-06 10:00:00", 1),
            ("k2", "customer", "2024-10-15 10:00:00", 1),
            ("k3", "lead", "2024-10-20 10:00:00", 1),
            ("k3", None, "2024-10-21 10:00:00", 1),
        ],
    }


def test_stages_that_persons_reached_and_how_it_ended(built: Query) -> None:
    assert _by_source(
        built,
        """
        select
            cycles.source_system, leads.lead_id, cycles.last_stage, cycles.outcome,
            cycles.has_regression
        from core.fct_lead_cycles as cycles
        inner join core.dim_leads as leads
            on cycles.person_key = leads.person_key and leads.disposition = 'survivor'
        order by leads.lead_id
        """,
    ) == {
        "academia": [
            ("A1", "customer", "customer", False),
            ("A2", "lost", "lost", False),
            ("A3", "mql", "open", False),
            ("A5", "lead", "open", False),
        ],
        "changelog": [
            ("1", "customer", "customer", False),
            ("2", "opportunity", "open", True),
            ("3", "lost", "lost", False),
            ("4", "opportunity", "open", False),
            ("5", "lead", "open", False),
        ],
        "eventlog": [
            ("c1", "customer", "customer", False),
            # the only deal is lost
            ("c2", "lost", "lost", False),
        ],
        "mortgages": [
            ("L-01", "customer", "customer", False),
            ("L-02", "disqualified", "disqualified", False),
            ("L-03", "lead", "open", False),
            ("L-04", "customer", "customer", False),
            ("L-05", "lost", "lost", False),
            ("L-06", "opportunity", "open", False),
            ("L-08", "customer", "customer", False),
            ("L-09", "customer", "customer", False),
        ],
        # back from mql to lead, and to mql again
        "properties": [
            ("k1", "opportunity", "open", True),
            ("k2", "customer", "customer", False),
            ("k3", "lead", "open", False),
        ],
    }


def test_opportunities_with_amount_and_outcome(built: Query) -> None:
    assert _by_source(
        built,
        """
        select
            source_system, opportunity_id, stage, created_at::string, closed_at::string, is_won,
            original_amount::string || ' ' || currency
        from core.fct_opportunities
        order by opportunity_id
        """,
    ) == {
        "changelog": [
            (
                *("101", "Proposal Sent", "2024-09-03 09:00:00", "2024-10-01 12:00:00"),
                *(True, "5000.00 EUR"),
            ),
            ("102", "Demo Scheduled", "2024-09-05 09:00:00", None, None, "1200.50 USD"),
            (
                *("103", "Qualified", "2024-09-06 15:00:00", "2024-09-20 16:00:00"),
                *(False, "800.00 EUR"),
            ),
            ("104", "Qualified", "2024-10-02 11:00:00", None, None, "3000.00 EUR"),
            ("105", "stage 9", "2024-10-03 08:00:00", None, None, "2000.00 GBP"),
        ],
        # the newest of the events of a deal; the opening of d3 is not in the log
        "eventlog": [
            ("d1", "won", "2024-09-04 09:00:00", "2024-09-12 09:00:00", True, "4200.00 EUR"),
            ("d2", "lost", "2024-09-13 09:00:00", "2024-10-07 09:00:00", False, "900.00 EUR"),
            ("d3", "won", "2024-10-09 09:00:00", "2024-10-09 09:00:00", True, "150.50 EUR"),
        ],
        "mortgages": [
            ("L-01", "Closed", "2024-09-10 04:00:00", "2024-10-15 04:00:00", True, "250000.00 USD"),
            ("L-04", "Closed", "2024-11-02 04:00:00", "2024-11-05 05:00:00", True, "310000.00 USD"),
            ("L-06", "Approved", "2024-09-25 04:00:00", None, None, "75500.25 USD"),
            ("L-08", "Closed", "2024-10-01 04:00:00", "2024-10-28 04:00:00", True, "42000.00 USD"),
            ("L-09", "Closed", "2024-10-07 04:00:00", "2024-10-07 04:00:00", True, "18000.00 USD"),
        ],
    }


def test_roles_of_owners(built: Query) -> None:
    sql = "select rep_id, rep_name, role from core.dim_reps where is_declared order by 1"
    assert built(sql) == [("11", "Mia Ortiz", "ae"), ("12", "Ned Park", "sdr")]


def test_activities(built: Query) -> None:
    assert _by_source(
        built,
        """
        select
            source_system, activity_id, activity_type, direction, duration_seconds,
            occurred_at::string
        from core.fct_activities
        order by activity_id
        """,
    ) == {
        # 12,5 minutes
        "academia": [
            ("1", "call", "out", 750, "2024-09-02 08:00:00"),
            ("2", "email_reply", "in", None, "2024-09-03 09:15:00"),
            ("3", "call", "out", 30, "2024-09-04 07:00:00"),
            ("4", "meeting", "out", 2700, "2024-10-29 08:00:00"),
        ],
        "eventlog": [
            ("e13", "meeting", "out", 1800, "2024-10-08 09:00:00"),
            ("e4", "call", "out", 95, "2024-09-03 09:00:00"),
            ("e7", "email_sent", "out", None, "2024-09-05 09:00:00.123"),
        ],
    }


def test_spanish_amounts(built: Query) -> None:
    orders = (
        "select order_id, original_amount::string, order_status from core.fct_orders order by 1"
    )
    assert built(orders) == [
        ("F-1", "1250.00", "paid"),
        ("F-2", "350.50", "paid"),
        ("F-3", "99.90", "refunded"),
        ("F-4", "1250.00", "pending"),
    ]
    costs = """
        select cost_date::string, cost_type, channel, original_amount::string
        from core.fct_costs
        where source_system = 'academia'
        order by all
        """
    assert built(costs) == [
        ("2024-09-01", "media", "paid_search", "1000.00"),
        ("2024-10-01", "agency", "unassigned", "300.00"),
        ("2024-10-01", "media", "event", "2500.75"),
    ]


def test_reasons_are_as_they_were_written(built: Query) -> None:
    sql = "select distinct reason from core.fct_status_changes where reason is not null"
    assert built(sql) == [('Precio demasiado alto; pide "beca"',)]
    sql = "select lost_reason from core.fct_opportunities where opportunity_id = '103'"
    assert built(sql) == [("Price",)]


def test_words_without_a_meaning_are_listed(built: Query) -> None:
    sql = "select source_system, status from marts.mart_unmapped_statuses order by 1"
    assert built(sql) == [
        ("academia", "En espera"),
        ("changelog", "stage 9"),
        ("properties", "999"),
    ]


def _by_source(built: Query, sql: str) -> dict[str, Rows]:
    found: dict[str, Rows] = {}
    for source, *values in built(sql):
        found.setdefault(source, []).append(tuple(values))
    return found


def _is_same(path: Path, original: Path) -> bool:
    return original.is_file() and path.read_bytes() == original.read_bytes()
