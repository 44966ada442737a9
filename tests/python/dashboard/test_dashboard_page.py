"""The page says what the release says, loads nothing, and runs nothing that has landed."""

import pkgutil
import re
import shutil
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import altair as alt
import duckdb
import pytest
import yaml
from read_page import HOSTILE, Changed, ReadPage, read

from orchestration.dashboard import charts
from orchestration.dashboard.charts import QUESTIONS
from orchestration.dashboard.page import write_dashboard
from orchestration.dashboard.release import QUERIES_DIR, NoReleaseError
from orchestration.dashboard.tiles import QUERIES as TILE_QUERIES
from orchestration.dashboard.tiles import TILES
from orchestration.dashboard.words import LANGUAGES, WORDS_FILE
from orchestration.warehouse.paths import Warehouse

KEYS = [question.key for question in QUESTIONS]
ASKS_FOR = {"src", "href", "action", "data", "poster", "srcset", "background", "ping"}
LAST_YEAR = "period_start_date between date '2024-07-01' and date '2025-06-01'"
# the demo company's data ends with June 2025; none of these reads what the page's own query reads
TILE_ORACLES = {
    "leads_generated": "select count(*) from core.dim_persons where person_key in "
    "(select person_key from core.fct_leads_generated where created_date >= '2025-06-01')",
    "mql": "select mqls from marts.mart_mql_report "
    "where month_start_date = '2025-06-01' and segment_type = 'all'",
    "sql": "select sqls from marts.mart_mql_report "
    "where month_start_date = '2025-06-01' and segment_type = 'all'",
    "new_customers": "select all_new_customers from marts.mart_marketing_customers "
    "where period_type = 'month' and period_start_date = '2025-06-01' limit 1",
    "mql_to_sql_rate": "select conversion_rate from marts.mart_funnel_conversion "
    "where from_stage = 'mql' and to_stage = 'sql' and rate_kind = 'matured' "
    "and period_type = 'month' and segment_type = 'all' and count_mode = 'first' "
    "and order_mode = 'ordered' and period_start_date = '2025-04-01'",
    "contacted_1h_rate": "select contacted_1h_rate from marts.mart_sla where segment_type = 'all' "
    "and policy_key = 'first_contact_1h' and period_start_date = '2025-06-01'",
    "customer_acquisition_cost": "select customer_acquisition_cost from marts.mart_campaign_roi "
    "where segment_type = 'all' and period_type = 'month' and attribution_model = 'first' "
    "and period_start_date = '2025-06-01'",
    "pipeline_vs_target": "select (won_amount + weighted_amount) / revenue_target_amount "
    "from marts.mart_pipeline where period_type = 'month' and segment_type = 'all' "
    "and period_start_date = '2025-07-01'",
}


@pytest.fixture(scope="module")
def ask(
    demo_warehouse: Warehouse, query: Callable[..., list[tuple[Any, ...]]]
) -> Callable[[str], list[tuple[Any, ...]]]:
    return lambda sql: query(demo_warehouse.current_database, sql)


@pytest.mark.parametrize("metric", TILES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_tiles_are_what_other_marts_say(
    metric: str, language: str, page: Callable[..., ReadPage], ask: Any
) -> None:
    [(expected,)] = ask(TILE_ORACLES[metric])
    assert page(language).tile(metric) == pytest.approx(float(expected))


def test_conversion_is_that_of_the_metric(page: Callable[..., ReadPage], ask: Any) -> None:
    expected = ask(
        "select strftime(period_start_date, '%Y-%m-%d'), metric_value, metric_value_low "
        "from marts.mart_metric_values where metric = 'mql_to_sql_rate' "
        "and period_type = 'month' and segment_type = 'all' and denominator > 0 order by 1"
    )
    shown = [(row["month"], row["rate"], row["low"]) for row in page().values("conversion")]
    assert shown == [pytest.approx(row) for row in expected]
    assert page().headline("conversion") == (
        f"{100 * {row[0]: row[1] for row in expected}['2025-04-01']:.1f} % of the 114 MQLs of "
        "April 2025 became SQLs within 60 days"
    )


def test_funnel_counts_what_the_leads_of_a_year_reached(
    page: Callable[..., ReadPage], ask: Any
) -> None:
    # leads of 2024 have had the 180 days by the end of June 2025; each person's first cycle counts
    [(leads, mqls, customers)] = ask(
        """
        select
            count(*),
            count(*) filter (where mql_reached_at is not null),
            count(*) filter (where customer_reached_at is not null)
        from core.fct_lead_cycles
        where cycle_number = 1 and year(lead_reached_at) = 2024
        """
    )
    shown = page().values("funnel")
    assert shown[0]["text"] == f"{leads:,}"
    assert [shown[place]["rate"] for place in (1, -1)] == [mqls / leads, customers / leads]
    rates = [row["rate"] for row in shown]
    assert rates == sorted(rates, reverse=True)
    of_100 = [f"{100 * rates[place]:.1f}".removesuffix(".0") for place in (1, 3, -1)]
    assert page().headline("funnel") == (
        "Of 100 leads, {} became MQLs, {} became SQLs, {} became customers".format(*of_100)
    )


def test_first_contacts_are_the_clocks(page: Callable[..., ReadPage], ask: Any) -> None:
    [(clocks,)] = ask(
        "select count(*) from core.fct_sla_clocks where policy_key = 'first_contact_1h' "
        "and started_date >= '2024-07-01'"
    )
    assert sum(row["persons"] for row in page().values("sla")) == clocks
    [(here,)] = ask(
        "select count(*) from core.fct_sla_clocks where policy_key = 'first_contact_1h' "
        "and started_date between '2025-06-01' and '2025-06-30'"
    )
    counted = page().tile("mql")
    assert here != counted
    assert (
        f"Here June 2025 has {here} MQLs: a person who becomes an MQL again counts again. "
        f"The metric MQLs has {counted:.0f}" in page().section("sla")
    )


def test_first_contacts_that_nobody_can_tell_are_shown(changed: Changed, tmp_path: Path) -> None:
    with changed() as (warehouse, connection):
        connection.execute("update marts.mart_sla set unknown = met, met = 0")
    write_dashboard(warehouse, tmp_path / "untold.html")
    parts = {row["part"] for row in read(tmp_path / "untold.html").values("sla")}
    assert "cannot be told" in parts
    assert "in time" not in parts


def test_a_figure_that_is_not_recorded_says_why(changed: Changed, tmp_path: Path) -> None:
    with changed() as (warehouse, connection):
        connection.execute(
            "update marts.mart_metric_values set metric_value = null, "
            "unknown_reason = 'stage_sql_not_recorded' "
            # of the SQLs, in the months alone: the release has them for other periods
            "where metric = 'mql_to_sql_rate' or (metric = 'sql' and period_type = 'month')"
        )
        connection.execute(
            "update marts.mart_metric_values set metric_value = null, "
            "unknown_reason = 'costs_not_recorded' "
            "where metric = 'customer_acquisition_cost' and period_type = 'month'"
        )
    write_dashboard(warehouse, tmp_path / "unknown.html")
    page = read(tmp_path / "unknown.html")
    for metric in ("sql", "mql_to_sql_rate"):
        assert "No system records the stage SQL." in page.section(f"tile-{metric}")
        assert "<data" not in page.section(f"tile-{metric}")
    assert "No cost is recorded for the period" in page.section("tile-customer_acquisition_cost")


def test_channels_have_the_costs_of_the_facts(page: Callable[..., ReadPage], ask: Any) -> None:
    expected = dict(
        ask(
            "select channel, round(sum(cost_amount)) from core.fct_costs "
            "where cost_date between '2024-07-01' and '2025-06-30' and channel is not null "
            "group by 1 having sum(cost_amount) > 0"
        )
    )
    names = {"paid search": "paid_search", "e-mail": "email", "events": "event"}
    shown = {
        names.get(row["channel"], row["channel"]): row["cost_text"]
        for row in page().values("channels")
    }
    for channel in names.values():
        assert shown[channel] == f"€{expected[channel]:,.0f}"
    [(cost, unallocated)] = ask(
        "select round(sum(cost_amount)), "
        "round(sum(cost_amount) filter (where channel = 'unassigned')) "
        "from core.fct_costs where cost_date between '2024-07-01' and '2025-06-30'"
    )
    assert shown["all channels"] == f"€{cost:,.0f}"
    assert shown["no channel"] == f"€{unallocated:,.0f}"
    [(customers,)] = ask(
        "select sum(denominator) from marts.mart_metric_values "
        "where metric = 'customer_acquisition_cost' and period_type = 'month' "
        "and segment_type = 'all' and period_start_date between '2024-07-01' and '2025-06-01'"
    )
    [whole] = [row for row in page().values("channels") if row["is_whole"]]
    assert whole["cost"] == pytest.approx(float(cost) / customers, rel=1e-4)
    assert "of the cost names no channel" in page().headline("channels")


def test_spend_without_a_customer_is_all_lost(page: Callable[..., ReadPage], ask: Any) -> None:
    [(count, cost)] = ask(
        "select count(*), sum(cost) from (select segment_value, "
        "sum(full_cost_amount) / 6 as cost, sum(attributed_customers) as customers "
        "from marts.mart_campaign_roi where segment_type = 'campaign' and period_type = 'month' "
        f"and campaign_key is not null and {LAST_YEAR} group by 1) where cost > 0 and customers = 0"
    )
    assert count > 0
    answer = page().headline("roi")
    assert f"€{cost:,.0f}" in answer
    lost = [row for row in page().values("roi") if row["row"].split("\n")[0] == "1"]
    assert {row["roi"] for row in lost} == {-1}


def test_inventory_ends_with_the_last_day(page: Callable[..., ReadPage], ask: Any) -> None:
    [(mqls,)] = ask(
        "select count(*) from core.fct_stage_stints where stage = 'mql' and exited_at is null"
    )
    assert f"On 30 June 2025 there were {mqls} MQLs" in page().headline("inventory")


def test_calibration_covers_every_matured_mql(page: Callable[..., ReadPage], ask: Any) -> None:
    [(lowest, highest)] = ask(
        "select min_by(conversion_rate, bucket_number), max_by(conversion_rate, bucket_number) "
        "from marts.mart_score_calibration where to_stage = 'sql' and bucket_type = 'decile' "
        "and period_type = 'all' and segment_type = 'all'"
    )
    assert page().headline("calibration") == (
        f"Of the MQLs with the highest scores {100 * highest:.0f} % became SQLs, "
        f"of those with the lowest {100 * lowest:.0f} %"
    )


def test_reasons_and_pace(page: Callable[..., ReadPage], ask: Any) -> None:
    [(leads,)] = ask(
        "select sum(numerator) from marts.mart_attrition where segment_type = 'all' "
        "and reason = 'no answer' and month_start_date >= '2024-07-01'"
    )
    assert page().values("attrition")[0]["leads"] == leads
    [(actual, target)] = ask(
        "select mqls, mql_target from marts.mart_mql_report "
        "where month_start_date = '2025-06-01' and segment_type = 'all'"
    )
    assert f"June 2025 against target: MQLs {100 * actual / target:.0f} %" in page().headline(
        "pace"
    )


def test_survival_ends_where_everybody_was_followed(
    page: Callable[..., ReadPage], ask: Any
) -> None:
    [(rate,)] = ask(
        "select sum(numerator) / sum(denominator) from marts.mart_funnel_conversion "
        "where from_stage = 'mql' and to_stage = 'sql' and rate_kind = 'matured' "
        "and period_type = 'month' and segment_type = 'all' and count_mode = 'cycle' "
        "and order_mode = 'ordered' "
        "and period_start_date between date '2025-01-01' and date '2025-03-01'"
    )
    curve = [row["rate"] for row in page().values("survival") if row["recency"] == 1]
    # all of the quarter have had their time: the curve ends near the matured rate
    assert curve[-1] == pytest.approx(rate, abs=0.02)
    assert curve == sorted(curve)


@pytest.mark.parametrize("key", KEYS)
def test_printed_queries_give_the_figures(
    key: str, page: Callable[..., ReadPage], demo_warehouse: Warehouse
) -> None:
    shown = page()
    [query] = shown.queries(key)
    with duckdb.connect(str(demo_warehouse.current_database), read_only=True) as connection:
        rows = connection.execute(query).fetchall()
    assert rows
    printed = re.findall(r"<tr><td.*?</tr>", shown.section(key), re.S)
    assert len(printed) == min(len(rows), 40)


def test_every_query_is_used_and_begins_with_what_it_answers() -> None:
    others = {path.stem: path.read_text(encoding="utf-8") for path in QUERIES_DIR.glob("*.sql")}
    assert others.keys() == {*TILE_QUERIES, "reconciliation", "catalogue"}
    queries = {question.key: question.query.strip() for question in QUESTIONS} | others
    for name, query in queries.items():
        assert query.startswith("-- "), name
        assert max(map(len, query.splitlines())) <= 120, name
        assert "select *" not in query.replace("select *,", ""), name


def test_every_chart_is_on_the_page() -> None:
    assert {module.name for module in pkgutil.iter_modules(charts.__path__)} == {*KEYS}


@pytest.mark.parametrize("key", KEYS)
def test_specs_are_vega_lite(key: str, page: Callable[..., ReadPage]) -> None:
    spec = page().specs[key]
    alt.Chart.from_dict(spec, validate=True)
    assert spec["description"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_refers_to_nothing_outside(language: str, page: Callable[..., ReadPage]) -> None:
    shown = page(language)
    for tag, attributes in shown.elements:
        assert tag not in ("link", "iframe", "object", "embed", "base", "img"), tag
        for name in ASKS_FOR & attributes.keys():
            assert attributes[name].startswith("#"), (tag, attributes)
    assert not re.search(r"@import|url\(", shown.text.split("</style>")[0])
    policies = [
        attributes["content"]
        for tag, attributes in shown.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert len(policies) == 1
    assert "default-src 'none'" in policies[0]
    assert "unsafe-eval" not in policies[0]
    assert shown.text.index("Content-Security-Policy") < shown.text.index("<script")


def test_nobody_is_named(page: Callable[..., ReadPage], ask: Any) -> None:
    # the library's own script has no data; short words of it would be found by chance
    text = page().text.split("<script>")[0]
    keys = ask(
        "select person_key from core.dim_persons union all select lead_key from core.dim_leads "
        "union all select lead_id from core.dim_leads union all select rep_key from core.dim_reps"
    )
    words = set(re.findall(r"[\w@.-]+", text))
    assert not words & {str(key) for (key,) in keys}


def test_both_languages_say_the_same_with_the_same_places() -> None:
    words = yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8"))
    for key, texts in words.items():
        assert set(texts) == set(LANGUAGES), key
        places = [
            sorted(field for _, field, _, _ in string.Formatter().parse(text) if field)
            for text in texts.values()
        ]
        assert places[0] == places[1], key


def test_every_word_is_used() -> None:
    words = yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8"))
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in WORDS_FILE.parent.rglob("*")
        if path.suffix in (".py", ".j2")
    )
    quoted = set(re.findall(r"""["'](\w+)["']""", code))
    made_up = ("term_", "group_", "tile_nothing_")
    of_sections = {f"{key}{ending}" for key in KEYS for ending in ("", "_alt", "_nothing")}
    unused = {
        key
        for key in words
        if not key.startswith(made_up) and key not in of_sections and key not in quoted
    }
    assert unused == set()


def test_spanish_page_is_spanish(page: Callable[..., ReadPage]) -> None:
    spanish = page("es")
    assert '<html lang="es">' in spanish.text
    assert "Leads generados" in spanish.text
    assert "Leads generated" not in spanish.text.split("<script>")[0]
    assert spanish.headline("conversion").endswith("pasó a SQL en 60 días")
    assert re.search(r"\d,\d %", spanish.headline("conversion"))
    assert spanish.specs.keys() == page("en").specs.keys()


def test_landed_markup_is_text(hostile_page: ReadPage) -> None:
    assert HOSTILE not in hostile_page.text
    assert "<script>document" not in hostile_page.text
    scripts = [attributes for tag, attributes in hostile_page.elements if tag == "script"]
    assert scripts == [{"type": "application/json", "id": "charts"}, {}, {}]
    assert not [tag for tag, _ in hostile_page.elements if tag == "img"]
    # and it is shown as it landed
    assert hostile_page.values("attrition")[0]["reason"].startswith(HOSTILE)
    assert hostile_page.headline("attrition").count(HOSTILE) == 1


def test_a_company_without_anything_gets_sentences(empty_page: ReadPage) -> None:
    assert empty_page.specs == {}
    for key in KEYS:
        assert 'class="nothing"' in empty_page.section(key), key
        assert "There is nothing to show: " in empty_page.section(key), key
    for metric in TILES:
        assert "<data" not in empty_page.section(f"tile-{metric}")
    assert "nothing was compared" in empty_page.text


def test_a_month_without_customers_does_not_say_that_costs_are_missing(
    changed: Changed, tmp_path: Path
) -> None:
    with changed() as (warehouse, connection):
        connection.execute(
            "update marts.mart_metric_values "
            "set metric_value = null, denominator = 0, value_state = 'no_cases' "
            "where metric = 'customer_acquisition_cost' and period_type = 'month'"
        )
    write_dashboard(warehouse, tmp_path / "nobody.html")
    tile = read(tmp_path / "nobody.html").section("tile-customer_acquisition_cost")
    assert "Nothing to divide by in June 2025." in tile
    assert "No cost" not in tile


def test_without_costs_channels_have_a_sentence(changed: Changed, tmp_path: Path) -> None:
    with changed() as (warehouse, connection):
        connection.execute("update marts.mart_campaign_roi set full_cost_amount = null")
    write_dashboard(warehouse, tmp_path / "free.html")
    assert 'class="nothing"' in read(tmp_path / "free.html").section("channels")


def test_a_number_that_is_not_known_breaks_nothing(changed: Changed, tmp_path: Path) -> None:
    with changed() as (warehouse, connection):
        columns = connection.execute(
            "select table_name, column_name from information_schema.columns "
            "where table_schema = 'marts' and data_type = 'DOUBLE' and regexp_matches(column_name, "
            "'rate|_low$|_high$|_amount$|target|pace|median|metric_value')"
        ).fetchall()
        for table, column in columns:
            connection.execute(f"update marts.{table} set {column} = null")
    write_dashboard(warehouse, tmp_path / "unknown.html")
    assert "None" not in read(tmp_path / "unknown.html").text.split("<script>")[0]


def test_what_an_older_release_lacks_is_said(changed: Changed, tmp_path: Path) -> None:
    with changed() as (warehouse, connection):
        connection.execute("drop table marts.mart_sla")
        connection.execute(
            "update marts.mart_reconciliation set is_held = false where identity = 'mql_outcomes'"
        )
    written = write_dashboard(warehouse, tmp_path / "older.html")
    shown = read(tmp_path / "older.html")
    assert "sla" not in written.charts
    assert "mart_sla" in shown.section("sla").split("<details>")[0]
    verdict = re.search(r'class="bad">\s*<dt>Reconciliation</dt><dd>(.*?)</dd>', shown.text)
    assert verdict
    assert re.fullmatch(r"✗ 1 of \d+ .*: mql_outcomes", verdict.group(1))


def test_page_lies_in_the_warehouse_and_is_replaced_whole(changed: Changed) -> None:
    with changed() as (warehouse, _):
        pass
    first = write_dashboard(warehouse)
    assert first.path == warehouse.root / "dashboard" / "index.html"
    assert first.byte_count == first.path.stat().st_size
    assert [path.name for path in first.path.parent.iterdir()] == ["index.html"]
    inode = first.path.stat().st_ino
    assert write_dashboard(warehouse, language="es").path.stat().st_ino != inode
    assert 'lang="es"' in first.path.read_text(encoding="utf-8")


def test_a_running_month_is_not_taken_for_a_whole_one(changed: Changed, tmp_path: Path) -> None:
    shown = []
    for unfinished in ("month_start_date = '2025-06-01'", "true"):
        with changed() as (warehouse, connection):
            connection.execute(
                f"update marts.mart_working_day_pace set is_month_complete = false "
                f"where {unfinished}"
            )
        write_dashboard(warehouse, tmp_path / "running.html")
        shown.append(read(tmp_path / "running.html"))
        shutil.rmtree(warehouse.root)
    assert shown[0].headline("pace").startswith("June 2025 so far, against target: MQLs ")
    assert "May 2025 against the month before" in shown[0].text
    assert "provisional" not in shown[0].section("tile-mql")
    # the company's first month: there is no whole one yet
    assert "June 2025 against the month before" in shown[1].text
    assert "provisional" in shown[1].section("tile-mql")


def test_without_a_release_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoReleaseError, match="Run `funnel build` first"):
        write_dashboard(Warehouse(tmp_path))
    assert list(tmp_path.iterdir()) == []
