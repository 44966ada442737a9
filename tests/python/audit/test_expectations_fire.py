"""Every row of the thresholds fires on data that breaks it, and the good warehouse is quiet."""

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
from measuring import Months, attached, judged
from mutations import MUTATIONS

from orchestration.audit import (
    AuditReport,
    Boundary,
    Outcome,
    Threshold,
    planned_checks,
    read_thresholds,
)
from orchestration.audit.figures import Figure
from orchestration.audit.gate import audit
from orchestration.audit.landed_figures import measure_landed
from orchestration.audit.landed_profile import is_float_id, is_future
from orchestration.audit.mart_figures import measure_marts
from orchestration.audit.marts import Marts
from orchestration.audit.outcomes import checks_of
from orchestration.contract import contract_tables
from orchestration.releases import Manifest
from orchestration.settings import load_settings
from orchestration.warehouse.paths import Warehouse


def sides(boundary: Boundary) -> list[object]:
    """Every limit of every row; no table here is exported whole (test_lacking_share.py)."""
    return [
        pytest.param(row, side, id=f"{row.name}.{side}")
        for row in read_thresholds()
        if row.boundary == boundary and row.load is None
        for side in ("minimum", "maximum")
        if getattr(row, side) is not None
    ]


def limits(boundary: Boundary) -> list[tuple[Threshold, str]]:
    """Every limit of every row that has a mutation."""
    return [
        (row, side)
        for row in read_thresholds()
        if row.boundary == boundary and row.expectation in MUTATIONS
        for side in ("minimum", "maximum")
        if getattr(row, side) is not None
    ]


def stand_in(row: Threshold, months: Months) -> Threshold:
    """The row itself, or one that it stands for and that has enough rows to be judged."""
    last = zip(months.checks, months.figures[-1], strict=True)
    planned = planned_checks(Boundary.landed, ["files"], thresholds=[row])
    return next(check for check, figure in last if check in planned and figure.value is not None)


@pytest.fixture(scope="module")
def broken_landed(months: Months, good_landed: Path) -> dict[tuple[str, str], Outcome]:
    """The outcome of each limit of the landed tables, on data that was broken for it."""
    found = []
    with attached(good_landed, read_only=False) as connection:
        for row, side in limits(Boundary.landed):
            check = stand_in(row, months)
            connection.execute("begin")
            MUTATIONS[row.expectation](connection, check, side)
            figures = measure_landed(connection, months.checks, ["files"])
            connection.execute("rollback")
            found.append((row, side, check, figures[months.checks.index(check)]))
    return judge_sides(found)


@pytest.fixture(scope="module")
def broken_marts(
    good_marts: Path,
    published: Manifest,
    demo_warehouse: Warehouse,
) -> dict[tuple[str, str], Outcome]:
    """The outcome of each limit of the marts, on data that was broken for it."""
    found = []
    with attached(good_marts, demo_warehouse.current_database, read_only=False) as connection:
        for row, side in limits(Boundary.marts):
            connection.execute("begin")
            MUTATIONS[row.expectation](connection, row, side)
            (figure,) = measure_marts(Marts(connection, published, "EUR"), [row])
            connection.execute("rollback")
            found.append((row, side, row, figure))
    return judge_sides(found)


def judge_sides(
    found: Sequence[tuple[Threshold, str, Threshold, Figure]],
) -> dict[tuple[str, str], Outcome]:
    """What Great Expectations says of all figures that were broken at one side."""
    outcomes: dict[tuple[str, str], Outcome] = {}
    for wanted in ("minimum", "maximum"):
        rows = [(row, check, figure) for row, side, check, figure in found if side == wanted]
        said = judged([check for _, check, _ in rows], [figure for _, _, figure in rows])
        outcomes |= {
            (row.name, wanted): outcome for (row, _, _), outcome in zip(rows, said, strict=True)
        }
    return outcomes


def assert_fires(row: Threshold, side: str, outcomes: dict[tuple[str, str], Outcome]) -> None:
    assert row.expectation in MUTATIONS, f"tests/python/audit/mutations.py lacks {row.expectation}"
    outcome = outcomes[row.name, side]
    assert not outcome.success, outcome
    limit = getattr(row, side)
    assert outcome.figure is not None
    assert outcome.figure < limit if side == "minimum" else outcome.figure > limit
    text = str(outcome)
    for part in (outcome.name, row.limit, row.reason, row.remedy, f"{outcome.figure:.4g}"):
        assert part in text
    assert "@" not in text
    assert outcome.blocks == (row.severity == "critical")
    assert outcome.warns == (row.severity == "warning")


@pytest.mark.parametrize(("row", "side"), sides(Boundary.landed))
def test_landed_expectation_fires(
    row: Threshold, side: str, broken_landed: dict[tuple[str, str], Outcome]
) -> None:
    assert_fires(row, side, broken_landed)


@pytest.mark.parametrize(("row", "side"), sides(Boundary.marts))
def test_mart_expectation_fires(
    row: Threshold, side: str, broken_marts: dict[tuple[str, str], Outcome]
) -> None:
    assert_fires(row, side, broken_marts)


@pytest.mark.parametrize(
    ("moment", "is_planned", "counts"),
    [("2024-01-03", None, True), ("2024-01-03", "yes", False), ("2024-01-02", "no", False)],
)
def test_activity_that_says_it_is_planned_may_be_later_than_its_load(
    moment: str, is_planned: str | None, counts: bool
) -> None:
    row = "select ? as occurred_at, ? as is_planned, timestamp '2024-01-01 12:00:00' as _loaded_at"
    [(found,)] = duckdb.execute(
        f"select {is_future('occurred_at', {'is_planned'})} from ({row})", [moment, is_planned]
    ).fetchall()
    assert found == counts


@pytest.mark.parametrize(
    ("written", "counts"),
    [
        *[(text, True) for text in ("12.0", "1.23457E+12", "1.5e+17", "1e+16", "-3.0")],
        *[(text, False) for text in ("12", "12.05", "1.2.0", "A12.0", "4e12", "v2.0", "", None)],
    ],
)
def test_ids_that_a_spreadsheet_took_for_numbers(written: str | None, counts: bool) -> None:
    [(found,)] = duckdb.execute(
        f"select coalesce({is_float_id('id')}, false) from (select ?::varchar as id)", [written]
    ).fetchall()
    assert found == counts


@pytest.mark.parametrize(
    "expectation",
    ["columns_emptied", "null_share_change", "future_rows", "early_share", "unknown_share"],
)
def test_landed_samples_are_files_and_rows(
    expectation: str, broken_landed: dict[tuple[str, str], Outcome]
) -> None:
    of_it = [o for o in broken_landed.values() if o.expectation == expectation]
    assert of_it
    for outcome in of_it:
        assert outcome.sample_keys
        for key in outcome.sample_keys:
            assert re.fullmatch(r"[a-z_]+/[a-z_0-9-]+\.csv row \d+", key), key


@pytest.mark.parametrize("expectation", ["rows_after_as_of", "largest_share"])
def test_mart_samples_are_surrogate_keys(
    expectation: str, broken_marts: dict[tuple[str, str], Outcome]
) -> None:
    of_it = [o for o in broken_marts.values() if o.expectation == expectation]
    assert of_it
    for outcome in of_it:
        assert outcome.sample_keys
        for key in outcome.sample_keys:
            assert re.fullmatch(r"[a-z_]+_key [0-9a-f]{32}", key), key


def test_landed_figures_are_quiet_through_ten_months(months: Months) -> None:
    assert len(months.figures) == 10
    for figures in months.figures:
        assert not outside(months.checks, figures)
    last = judged(months.checks, months.figures[-1])
    assert not [outcome for outcome in last if not outcome.success]
    assert sum(outcome.is_judged for outcome in last) > 50


def test_a_later_load_does_not_let_a_bad_one_pass(months: Months, good_landed: Path) -> None:
    """All that was loaded since the release is judged, until the bad file is landed again."""
    name = "landed.files.leads.future_rows.created_at"
    row = next(check for check in months.checks if check.name == name)
    with attached(good_landed, read_only=False) as connection:
        *_, published, bad, good = (
            moment
            for (moment,) in connection.execute(
                "select distinct loaded_at from raw_files.landed_files "
                "where table_name = 'leads' order by 1"
            ).fetchall()
        )
        connection.execute("begin")
        connection.execute(
            f"update raw_files.leads set created_at = '2099-01-01' where _loaded_at = '{bad}'"
        )

        def future_rows(since: datetime | None) -> float | None:
            figures = measure_landed(connection, months.checks, ["files"], since)
            return figures[months.checks.index(row)].value

        assert future_rows(since=None) == 0
        assert (future_rows(since=published) or 0) > 100
        assert future_rows(since=bad) == future_rows(since=good) == 0
        connection.execute(
            f"""
            update raw_files.landed_files
            set source_file = (
                select any_value(source_file) from raw_files.landed_files
                where table_name = 'leads' and loaded_at = '{bad}'
            )
            where table_name = 'leads' and loaded_at = '{good}'
            """
        )
        assert future_rows(since=published) == 0
        connection.execute("rollback")


def test_table_without_a_key_repeats_nothing() -> None:
    """Exports of other systems declare none; their rows are told apart in staging."""
    checks = planned_checks(Boundary.landed, ["olist"])
    with duckdb.connect() as connection:
        connection.execute(
            """
            create schema raw_olist;
            create table raw_olist.landed_files as
                select 'f' as file_id, 'closed_deals' as table_name, 'f.csv' as source_file,
                    500 as row_count, null as error, timestamp '2025-01-01' as loaded_at;
            create table raw_olist.closed_deals as
                select 'm' as mql_id, 'f.csv' as _source_file, range as _source_row,
                    'f' as _file_id, timestamp '2025-01-01' as _loaded_at
                from range(500)
            """
        )
        figures = dict(zip(checks, measure_landed(connection, checks, ["olist"]), strict=True))
    (figure,) = (
        figure
        for check, figure in figures.items()
        if (check.table, check.expectation) == ("olist.closed_deals", "repeated_share")
    )
    assert figure == Figure(None, "the table declares no key")


def test_marts_are_quiet_against_themselves(published: Manifest, demo_warehouse: Warehouse) -> None:
    checks = planned_checks(Boundary.marts, ["files"])
    with attached(demo_warehouse.work_database, demo_warehouse.current_database) as connection:
        figures = measure_marts(Marts(connection, published, "EUR"), checks)
    outcomes = judged(checks, figures)
    assert not [outcome for outcome in outcomes if not outcome.success]
    assert sum(outcome.is_judged for outcome in outcomes) >= len(outcomes) - 1


DATES = {
    "core.fct_leads_generated": "created_date",
    "core.fct_activities": "occurred_date",
    "core.fct_opportunities": "created_date",
    "core.fct_orders": "ordered_date",
    "core.fct_costs": "cost_date",
    "core.fct_stage_stints": "entered_at",
    "marts.mart_metric_values": "period_start_date",
}
"""Tables whose past does not change, so that a month's release is the rows up to its end."""


def test_facts_are_quiet_through_ten_months(
    good_marts: Path, published: Manifest, tmp_path: Path
) -> None:
    checks = [check for check in planned_checks(Boundary.marts, ["files"]) if check.table in DATES]
    ends = [f"2024-{month:02}-01" for month in range(9, 13)]
    ends += [f"2025-{month:02}-01" for month in range(1, 8)]
    releases = [cut(good_marts, end, tmp_path / end) for end in ends]
    for before, now in pairwise(releases):
        with attached(now, before) as connection:
            manifest = published.model_copy(
                update={
                    "provenance": published.provenance.model_copy(
                        update={"as_of": datetime.fromisoformat(before.parent.name)}
                    ),
                    "tables": {
                        name: published.tables[name].model_copy(
                            update={"rows": count(before, name)}
                        )
                        for name in DATES
                    },
                }
            )
            figures = measure_marts(Marts(connection, manifest, "EUR"), checks)
        assert not outside(checks, figures), now


def outside(checks: Sequence[Threshold], figures: Sequence[Figure]) -> list[str]:
    """Figures beyond their limits; Great Expectations agrees (see below)."""
    return [
        f"{check.name}: {figure}"
        for check, figure in zip(checks, figures, strict=True)
        if figure.value is not None and not check.allows(figure.value)
    ]


def cut(database: Path, end: str, folder: Path) -> Path:
    """A database of the facts before a day."""
    folder.mkdir()
    with attached(database) as connection:
        connection.execute(f"attach '{folder / 'cut.duckdb'}' as cut")
        for schema in ("core", "marts", "intermediate", "reference"):
            connection.execute(f"create schema cut.{schema}")
        for name, column in DATES.items():
            connection.execute(
                f"create table cut.{name} as from {name} where {column} < date '{end}'"
            )
        connection.execute(
            f"""
            create table cut.reference.fx_rates as from reference.fx_rates;
            create table cut.intermediate.int_as_of as
                select timestamp '{end}' - interval 1 second as as_of
            """
        )
    return folder / "cut.duckdb"


def count(database: Path, name: str) -> int:
    with attached(database) as connection:
        (rows,) = connection.execute(f"select count(*) from {name}").fetchone() or (0,)
    return int(rows)


def test_great_expectations_agrees_with_the_limits() -> None:
    """At each limit, and a hair beyond it."""
    for boundary in Boundary:
        checks = planned_checks(boundary, ["files"])
        for side, step in (("minimum", -1e-9), ("maximum", 1e-9)):
            limited = [check for check in checks if getattr(check, side) is not None]
            for moved, expected in ((0.0, True), (step, False)):
                figures = [Figure(getattr(check, side) + moved) for check in limited]
                outcomes = judged(limited, figures)
                assert {outcome.success for outcome in outcomes} == {expected}
                for check, figure in zip(limited, figures, strict=True):
                    assert check.allows(figure.value or 0.0) == expected


def test_outcomes_are_counted_for_the_manifest() -> None:
    good = Outcome(
        boundary=Boundary.landed,
        table="files.leads",
        expectation="volume_ratio",
        column=None,
        name="good",
        severity="critical",
        success=True,
        figure=1.0,
        limit="0.2 to 5",
        detail="",
        sample_keys=(),
        reason="",
        remedy="",
        owner="data",
    )

    def like(**changes: object) -> Outcome:
        return Outcome(**(asdict(good) | changes))  # type: ignore[arg-type]

    report = AuditReport(
        Boundary.landed,
        (
            good,
            like(name="unjudged", figure=None),
            like(name="warned", success=False, severity="warning"),
            like(name="accepted", success=False, is_accepted=True),
            like(name="bad", success=False),
        ),
    )
    assert [outcome.name for outcome in report.blocking] == ["bad"]
    assert [outcome.name for outcome in report.warnings] == ["warned", "accepted"]
    checks = checks_of([report])
    assert (checks.judged, checks.not_judged) == (4, 1)
    assert (checks.warnings, checks.accepted) == (("warned",), ("accepted",))


def test_no_personal_data_reaches_what_the_audit_writes(months: Months, tmp_path: Path) -> None:
    warehouse = Warehouse(Path(shutil.copytree(months.warehouse.root, tmp_path / "warehouse")))
    columns = {name for table in contract_tables().values() for name in table.column_names}
    with duckdb.connect(str(warehouse.work_database)) as connection:
        # a column that slipped, a new word in every row, dates of nowhere: every sample is shown
        connection.execute(
            """
            update raw_files.leads
            set created_at = '2099-01-01', country = null, origin_owner = email
            where _loaded_at = (select max(_loaded_at) from raw_files.leads)
            """
        )
        persons = [
            (column.name, value)
            for column in contract_tables()["leads"].columns
            if column.pii
            for (value,) in connection.execute(
                f"select distinct {column.name} from raw_files.leads "
                f"where length({column.name}) >= 8"
            ).fetchall()
            if value.lower() not in columns  # an interest in a `pipeline`
        ]
    assert {name for name, _ in persons} >= {"email", "phone", "name"}
    settings = load_settings({"warehouse": warehouse.root, "sources": "files"})
    report = audit(settings, Boundary.landed)
    assert len(report.blocking) >= 3
    assert report.data_docs is not None and report.data_docs.is_file()

    written = b"".join(
        path.read_bytes().lower() for path in warehouse.audit_dir.rglob("*") if path.is_file()
    )
    for part in (
        "landed.files.leads.future_rows.created_at",
        "Correct the dates, their zone",
        "leads/leads_2024-12-01_2025-01-01.csv row 1",
    ):
        assert part.lower().encode() in written
    assert not [item for item in persons if str(item[1]).lower().encode() in written]
    result = json.loads((warehouse.audit_dir / "landed" / "result.json").read_text("utf-8"))
    assert len(result["outcomes"]) == len(report.outcomes)
