"""Words, numbers and addresses as people have them: each is read with certainty, or set aside."""

import shutil
import unicodedata
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from landed_cases import LANDINGS, land_cases

from orchestration.audit.mart_figures import quarantined_share
from orchestration.audit.marts import Marts
from orchestration.audit.thresholds import Boundary, Severity, Threshold
from orchestration.build.notices import build_notices
from orchestration.contract import contract_tables
from orchestration.warehouse.paths import Warehouse
from orchestration.words import canonical_word, normalised_email, normalised_word, word_aliases

CASES = (
    "activity_words_known_to_audit_only",
    "amount_thousands_read_as_decimals",
    "audit_repeats_ignore_source_system",
    "currency_lower_case",
    "file_boolean_words",
    "file_email_forms",
    "file_null_words",
    "file_segment_spelling",
    "probability_in_percent",
)

WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}
"""ASCII -> full-width characters."""

VARIANTS = {
    "leads": (
        "lead_id,created_at,email,channel,country,lead_source,is_test,is_deleted,source_system",
        "1,2024-03-01 09:00,mailto:Luis@variants.example.com,"
        + "Paid Search".translate(WIDE)
        + ",Deutschland,,,,v",
        "2,2024-03-01 10:00,Luis <luis@variants.example.com>,Bu\u0301squeda-Pagada,alemania,,,,v",
        "3,2024-03-02 09:00,#N/A,pa\u200bid\u00a0search,Ruritania,Formulario,nein,FALSCH,v",
        "4,2024-03-02 09:00,,undefined,(en blanco),,vielleicht,,v",
        "5,2024-03-02 09:00,,social,FRA,,,tal vez,v",
        "6,2024-03-02 09:00,,social,FRA,,WAHR,,v",
        "7,2024-03-02 09:00,,social,FRA,,,Oui,v",
        "8,2099-03-02 09:00,,social,FRA,,,,v",
    ),
    "activities": (
        "activity_id,lead_id,activity_type,occurred_at,direction,duration_seconds,source_system",
        'a1,1,LLAMADA\u00a0Telefo\u0301nica,2024-03-04 10:20,Saliente,"1.234",v',
        'a2,1,Holo-Gram,2024-03-05 10:20,Inbound,"1.234.567",v',
    ),
    "lead_status_changes": (
        "event_id,lead_id,changed_at,to_status,source_system",
        "s1,1,2024-03-04 10:00,Márketing\u00a0Qualified-Lead,v",
    ),
    "costs": (
        "cost_id,cost_date,cost_type,amount,currency,source_system",
        "k1,2024-03-01,Ad-Spend,2.500,EUR,v",
        "k2,2024-03-01,MEDIA,100,euros,v",
        "k3,2024-03-01,media,100,$,v",
        "k4,2024-03-01,billboards,100,EUR,v",
    ),
    "orders": (
        "order_id,customer_id,lead_id,ordered_at,amount,currency,status,source_system",
        'o1,c1,1,2024-03-06 09:00,"1.234",€,Pagado,comma',
        'o2,c1,1,2024-03-06 09:00,"99,90",EUR,CANCELED,comma',
        'o3,c1,1,2024-03-06 09:00,"1.234",EUR,paid,point',
        'o4,c1,1,2024-03-06 09:00,"99.90",EUR,paid,point',
    ),
    "opportunities": (
        "opportunity_id,lead_id,created_at,stage,amount,currency,probability,source_system",
        "p1,1,2024-03-05 10:00,Proposal,1000,EUR,40,v",
        "p2,1,2024-03-05 10:00,Proposal,1000,EUR,0.4,v",
        "p3,1,2024-03-05 10:00,Proposal,1000,EUR,140,v",
        "p4,1,2024-03-05 10:00,Proposal,1000,EUR,20 %,v",
    ),
    "targets": (
        "metric,period_start,period_end,segment,target_value,version",
        "mql,2024-01-01,2024-01-31,Channel = Paid Search,10,1",
        "mql,2024-01-01,2024-03-31,channel=paid_search,30,1",
        "mql,2024-01-01,2024-12-31,,120,1",
        "mql,2024-01-01,2024-12-31,country=Deutschland,60,1",
    ),
}
"""Other inputs of the same kinds."""

Rows = Callable[[str], list[tuple[Any, ...]]]


def land(landing: Path) -> None:
    land_cases(landing, *CASES)
    for case in ("leads", "activities"):
        for file in (LANDINGS / "file_semicolon" / case).glob("*.csv"):
            shutil.copy(file, landing / case / f"file_semicolon_{file.name}")
    for table, lines in VARIANTS.items():
        (landing / table).mkdir(exist_ok=True)
        text = "\n".join(lines) + "\n"
        (landing / table / "variants.csv").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def warehouse(
    tmp_path_factory: pytest.TempPathFactory, build_warehouse: Callable[..., Warehouse]
) -> Warehouse:
    """One build of all cases and variants, with its tests: nothing here stops it."""
    folder = tmp_path_factory.mktemp("words")
    land(folder / "landing")
    return build_warehouse(folder / "landing", folder / "warehouse", "files")


@pytest.fixture(scope="module")
def rows(warehouse: Warehouse) -> Iterator[Rows]:
    with duckdb.connect(str(warehouse.work_database), read_only=True) as connection:
        yield lambda sql: connection.execute(sql).fetchall()


def quarantined(rows: Rows, system: str) -> list[tuple[Any, ...]]:
    return rows(
        "select source_row, reason from quarantine.quarantined_rows "
        f"where source_system = '{system}' order by contract_table, source_row"
    )


def test_activity_words_of_the_audit_are_those_of_the_models(rows: Rows) -> None:
    system = "activity_words_known_to_audit_only"
    assert rows(
        "select activity_type, mechanism from core.fct_activities "
        f"where source_system = '{system}' group by all order by 1"
    ) == [
        ("call", "call"),
        ("demo_request", "form"),
        ("email_click", "email"),
        ("email_open", "email"),
        ("page_view", "web"),
    ]
    assert rows(
        "select count(*), count_if(is_contacted), count_if(is_wasted), max(first_contact_minutes) "
        f"from core.fct_sla_clocks where source_system = '{system}' and policy_key = "
        "'first_contact_1h'"
    ) == [(70, 70, 0, 20.0)]
    assert rows(
        "select count(*) from core.fct_stage_entries where stage = 'mql' "
        f"and source_system = '{system}' and observed_at is not null"
    ) == [(70,)]


def test_thousands_are_not_read_as_decimals(rows: Rows) -> None:
    system = "amount_thousands_read_as_decimals"
    assert rows(
        "select order_id, original_amount from core.fct_orders "
        f"where source_system = '{system}' order by cast(order_id as int)"
    ) == [("2", Decimal("1234.56")), ("6", Decimal("1234.56")), ("7", 1000), ("9", 1000)]
    reasons = dict(quarantined(rows, system))
    assert reasons[8] == reasons[11] == "amount has two readings: declare decimal_mark"
    assert sorted(reasons) == [1, 3, 4, 5, 8, 10, 11, 12]


def test_a_column_that_allows_one_reading_is_read(rows: Rows) -> None:
    assert rows(
        "select source_system, order_id, original_amount, currency, order_status "
        "from core.fct_orders where source_system in ('comma', 'point') order by 2"
    ) == [
        ("comma", "o1", 1234, "EUR", "paid"),
        ("comma", "o2", Decimal("99.90"), "EUR", "cancelled"),
        ("point", "o3", Decimal("1.23"), "EUR", "paid"),
        ("point", "o4", Decimal("99.90"), "EUR", "paid"),
    ]


def test_currencies_are_codes_or_set_aside(rows: Rows) -> None:
    assert rows(
        "select order_id, currency from core.fct_orders "
        "where source_system = 'currency_lower_case' order by 1"
    ) == [("o1", "EUR"), ("o2", "USD")]
    assert rows(
        "select currency from core.fct_opportunities where source_system = 'currency_lower_case'"
    ) == [("EUR",)]
    assert rows(
        "select cost_id, cost_type, original_amount, currency from core.fct_costs "
        "where source_system = 'v'"
    ) == [("k2", "media", 100, "EUR")]
    reasons = [reason for _, reason in quarantined(rows, "v")]
    assert "currency is not an ISO 4217 code" in reasons
    assert "amount has two readings: declare decimal_mark" in reasons
    assert any(reason.startswith("cost_type is not one of media") for reason in reasons)


def test_booleans_are_read_or_set_aside(rows: Rows) -> None:
    """Leads 33 to 38 of the case are tests: in Spanish, by a cross, by `on`, by a number."""
    assert rows(
        "select lead_id from core.dim_leads where source_system = 'file_boolean_words' "
        "and disposition != 'test' order by 1"
    ) == [("30",), ("31",), ("32",)]
    assert rows(
        "select lead_id, disposition from core.dim_leads "
        "where source_system = 'v' and lead_id in ('3', '4', '5', '6', '7') order by 1"
    ) == [("3", "survivor"), ("6", "test"), ("7", "deleted")]
    reasons = [reason for _, reason in quarantined(rows, "v")]
    assert {"is_test is not a boolean", "is_deleted is not a boolean"} <= {*reasons}


def test_texts_for_no_value_are_none(rows: Rows) -> None:
    assert rows(
        "select distinct channel, country from core.fct_leads_generated "
        "where source_system = 'file_null_words'"
    ) == [("unassigned", "unassigned")]
    assert rows("select count(*) from core.dim_reps where source_system = 'file_null_words'") == [
        (0,)
    ]


def test_spellings_of_a_segment_are_one_segment(rows: Rows) -> None:
    """Leads 36 to 38 are tests, as it happens: their words are those of the staged records."""
    query = """
        select distinct channel, country from intermediate.int_leads_versioned
        where source_system = '{}' and lead_id in ('1', '2', '3', '36', '37', '38') order by 2
    """
    assert rows(query.format("file_segment_spelling")) == [("paid_search", "ES")]
    assert rows(query.format("v")) == [("paid_search", "DE"), ("paid_search", "ruritania")]


def test_addresses_lose_what_is_around_them(rows: Rows) -> None:
    domain = "file-email-forms.example.com"
    assert rows(
        "select lead_id, email from intermediate.int_leads "
        "where source_system = 'file_email_forms' order by 1"
    ) == [
        ("46", f"ana46@{domain}"),
        ("47", f"ana47@{domain}"),
        ("48", None),
        ("49", "ána49@file-email-forms.exámple.com"),
    ]
    assert rows(
        "select count(distinct person_key) from core.dim_leads "
        "where source_system = 'v' and lead_id in ('1', '2')"
    ) == [(1,)]
    assert rows(
        "select nulled_rows from core.fct_landed_files "
        "where source_file like '%file_email_forms_15_email_display.csv'"
    ) == [(1,)]


def test_semicolons_separate_fields(rows: Rows) -> None:
    assert rows("select email from intermediate.int_leads where source_system = 'files'") == [
        ("b5@example.com",)
    ]


def test_chances_are_shares(rows: Rows) -> None:
    query = """
        select opportunity_id, probability from core.fct_opportunities
        where source_system = '{}' order by 1
    """
    assert rows(query.format("probability_in_percent")) == [("p_g02", 0.4), ("p_g03", 0.4)]
    # 0.4 beside 40 may be 0.4 %
    assert rows(query.format("v")) == [("p1", 0.4), ("p2", None), ("p3", None), ("p4", 0.2)]


def test_systems_that_share_ids_are_not_repeats(rows: Rows) -> None:
    system = "audit_repeats_ignore_source_system"
    assert rows(
        f"select count(*) from core.fct_leads_generated where source_system like '{system}%'"
    ) == [(200,)]


def test_activity_words_and_statuses_of_the_variants(rows: Rows, warehouse: Warehouse) -> None:
    assert rows(
        "select activity_type, mechanism, direction, duration_seconds from core.fct_activities "
        "where source_system = 'v' order by activity_id"
    ) == [("call", "call", "out", 1234), ("holo_gram", "other", "in", 1_234_567)]
    assert rows("select * from marts.mart_unknown_words order by all") == [
        ("v", "activities", "activity_type", "holo_gram", 1),
        ("v", "leads", "country", "ruritania", 1),
    ]
    assert rows(
        "select count(*) from core.fct_stage_entries where source_system = 'v' "
        "and stage = 'mql' and observed_at is not null"
    ) == [(1,)]
    notices = "\n".join(build_notices(warehouse.work_database))
    assert (
        "Unknown words in activities.activity_type of v: 1 in 1 rows, most 'holo_gram'" in notices
    )


def test_one_impossible_date_stops_no_build(rows: Rows) -> None:
    assert "created_at is an impossible time" in [reason for _, reason in quarantined(rows, "v")]


@pytest.mark.parametrize(("landed", "lost", "figure"), [(5, 5, 1.0), (4, 4, None), (20, 19, None)])
def test_a_small_table_that_is_quarantined_whole_is_judged(
    landed: int, lost: int, figure: float | None
) -> None:
    threshold = Threshold(
        boundary=Boundary.marts,
        table="core.fct_landed_files",
        expectation="quarantined_share",
        column="*",
        maximum=0.1,
        min_rows=200,
        severity=Severity.critical,
        reason="",
        remedy="",
        owner="",
    )
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            create schema core;
            create schema quarantine;
            create table core.fct_landed_files as select
                'files' as source_name, 'costs' as raw_table, 'costs' as contract_table,
                null as error, 0 as unreadable_rows, {landed} as landed_rows,
                {landed - lost} as staged_rows, 0 as superseded_rows, 0 as deleted_rows,
                {lost} as quarantined_rows, now() as loaded_at;
            create table quarantine.quarantined_rows as select
                'files' as source_name, 'costs' as raw_table, 'costs' as contract_table,
                'cost_date is not a date' as reason, 'costs/1.csv' as source_file,
                i as source_row, false as is_replaced
            from range(1, {lost} + 1) as rows (i)
            """
        )
        measured = quarantined_share(Marts(connection, None, "EUR"), threshold)
    assert measured.value == figure
    if figure:
        assert measured.detail == (
            "files.costs: 5 of 5 new rows; 5 in 1 files because cost_date is not a date"
        )
        assert measured.samples == ("costs/1.csv row 1", "costs/1.csv row 2", "costs/1.csv row 3")


def folded(text: str) -> str:
    """The rule in Python: NFKC, no accents, no case, one kind of blank."""
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in decomposed if unicodedata.category(c) not in ("Mn", "Cf")).lower()
    blanks = str.maketrans(dict.fromkeys("-_\u2010\u2011\u2012\u2013\u2014\u2015\u2212", " "))
    return " ".join(plain.translate(blanks).split())


@pytest.mark.parametrize(
    "word",
    [
        "Paid_Search",
        "  PAID \u2013 search ",
        "Paid Search".translate(WIDE),
        "Bu\u0301squeda\u00a0Pagada",
        "\ufeffpa\u200bid search",
        "Żółć",
        "Straße",
        "Nº 1",
        "Łódź",
        "Đà Nẵng",
        "営業",
        "",
    ],
)
def test_words_are_folded_as_unicode_says(word: str) -> None:
    query = f"select {normalised_word('word')}, {canonical_word('word')} from (select ? as word)"
    with duckdb.connect() as connection:
        found = connection.execute(query, [word]).fetchall()
    assert found == [(folded(word), folded(word).replace(" ", "_"))]


def test_every_letter_of_the_latin_blocks_is_folded() -> None:
    letters = [chr(code) for code in (*range(0x20, 0x250), *range(0x1E00, 0x1F00))]
    letters += [chr(code) for code in range(0xFF01, 0xFF5F)]
    wanted = {c: folded(f"x{c}x") for c in letters if unicodedata.category(c)[0] == "L"}
    within = normalised_word("'x' || word || 'x'")
    query = f"select word, {within} from unnest(?) as words (word)"
    with duckdb.connect() as connection:
        found = dict(connection.execute(query, [list(wanted)]).fetchall())
    # ligatures and letters with a mark beside them become two letters
    assert {c for c in wanted if found[c] != wanted[c] and len(wanted[c]) == 3} == set()


def test_targets_of_a_month_a_quarter_and_a_year_hold_beside_each_other(rows: Rows) -> None:
    assert rows(
        "select segment_type, segment_value, period_end_date::text, target_value "
        "from core.fct_targets order by target_value"
    ) == [
        ("channel", "paid_search", "2024-01-31", 10),
        ("channel", "paid_search", "2024-03-31", 30),
        ("country", "DE", "2024-12-31", 60),
        ("all", "all", "2024-12-31", 120),
    ]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Ana@Example.com", "ana@example.com"),
        ("mailto:ana@example.com?subject=Hi", "ana@example.com"),
        ('"Ana, Gil" <ana@example.com>', "ana@example.com"),
        ("ana@example.com\u200b", "ana@example.com"),
        ("ana@example.com, luis@example.com", None),
        ("Ana <ana@example.com>; Luis <luis@example.com>", None),
        ("ana@example", None),
        ("none", None),
    ],
)
def test_addresses(text: str, address: str | None) -> None:
    with duckdb.connect() as connection:
        query = f"select {normalised_email('text')} from (select ? as text)"
        assert connection.execute(query, [text]).fetchall() == [(address,)]


def test_a_word_has_one_meaning() -> None:
    tables = contract_tables().values()
    fields = {column.vocabulary for table in tables for column in table.columns} - {None}
    with duckdb.connect() as connection:
        for field in fields:
            meanings: dict[str, set[str]] = {}
            query = f"select {canonical_word('word')} from (select ? as word)"
            for word, meaning in word_aliases(str(field)).items():
                [(canonical,)] = connection.execute(query, [word]).fetchall()
                meanings.setdefault(canonical, set()).add(meaning)
            assert {word: of for word, of in meanings.items() if len(of) > 1} == {}
