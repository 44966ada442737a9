"""What the contract makes of landed text: values, formats, problems, versions; with real files."""

import csv
import gzip
import io
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from orchestration.contract import PROJECT_DIR
from orchestration.ingestion import load

Query = Callable[[str], list[tuple[Any, ...]]]

NO_BREAK_SPACE, NARROW_NO_BREAK_SPACE = "\u00a0", "\u202f"

ORDERS = """\
order_id;customer_id;ordered_at;amount;refunded_amount;currency;status
9007199254740993123;c;2024-07-01 10:00;1.234,50;;EUR;Paid
plain;c;31/12/2023 09:30;7;0,5;EUR;paid
sign;c;2024-07-01T10:00:00+02:00;€ 12,00;;EUR;paid
code;c;2024-07-01T10:00:00Z;-1.000.000,25 EUR;;EUR;paid
two_ways;c;2024-07-01;1.5;;EUR;paid
no_amount;c;2024-07-01; ;;EUR;paid
bad_day;c;31/02/2024 10:00;1;;EUR;paid
too_late;c;2999-01-01;1;;EUR;paid
bad_status;c;2024-07-01;1;;EUR;shipped
bad_refund;c;2024-07-01;1;lots;EUR;paid
;c;2024-07-01;1;;EUR;paid
fraction;c;2024-07-01 10:00:00.25;1;;EUR;paid
"""

LEADS_FIRST = """\
lead_id,created_at,updated_at,employee_count,is_test,birth_year,email
v,2024-01-01,2024-01-02,10,no,1980,a@b.co
v,2024-01-01,2024-01-05,"1,200",yes,1980.5,a@b.co
v,2024-01-01,2024-01-03,12,0,x,a@b.co
twice,2024-01-01,2024-01-02,1,,,
twice,2024-01-01,2024-01-02,2,,,
old,2024-01-01,,1,,,
"""

LEADS_SECOND = """\
lead_id,created_at,updated_at,employee_count,is_test,birth_year,email
old,2024-01-01,,2,,,
v,2024-01-01,2024-01-04,99,,,
"""

COSTS = f"""\
cost_id,cost_date,cost_type,amount,currency
thousands,45474,media,R${NO_BREAK_SPACE}100.000,BRL
cents,01/07/2024,media,"{NARROW_NO_BREAK_SPACE}1.234,5",BRL
missing,45474,media,N/A,BRL
"""

NAMED_ZONES = ("America/New_York", "PST", "CET")
VECTOR = 5000
"""More rows than DuckDB casts at once (2,048)."""


def activities(named: Sequence[int]) -> str:
    """A file of moments with an offset and without; the rows `named` have a zone by name."""
    lines = ["activity_id,activity_type,occurred_at"]
    for row in range(VECTOR):
        zone = f" {NAMED_ZONES[row % 3]}" if row in named else "+02:00" if row % 2 else ""
        lines.append(f"{min(named)}-{row},call,2024-07-01 {'12' if row % 2 else '10'}:00:00{zone}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Query:
    folder = tmp_path_factory.mktemp("casting")
    landing, database = folder / "landing", folder / "warehouse" / "build" / "warehouse.duckdb"
    for table in ("leads", "orders", "activities", "costs"):
        (landing / table).mkdir(parents=True)
    with (landing / "orders" / "orders.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(csv.reader(io.StringIO(ORDERS), delimiter=";"))
    for name, named in (("first", (0, 1, 2)), ("later", (2500, 2501, 2502))):
        (landing / "activities" / f"{name}.csv").write_text(activities(named), encoding="utf-8")
    (landing / "costs" / "costs.csv").write_text(COSTS, encoding="utf-8")
    database.parent.mkdir(parents=True)
    (landing / "leads" / "first.csv").write_text(LEADS_FIRST, encoding="utf-8")
    load(landing, database, ["files"], keep_out=lambda _: None)
    (landing / "leads" / "second.csv.gz").write_bytes(gzip.compress(LEADS_SECOND.encode()))
    load(landing, database, ["files"], keep_out=lambda _: None)
    formats = {
        "files": {
            "decimal_mark": ",",
            "time_zone": "Europe/Madrid",
            "timestamp_formats": ["%d/%m/%Y %H:%M"],
        },
        "files.activities": {"time_zone": "UTC"},
        "files.costs": {"date_formats": ["%d/%m/%Y"], "null_words": ["N/A"]},
        "files.costs.cost_date": {"date_formats": ["excel_days", "%d/%m/%Y"]},
        "files.costs.amount": {"thousands_mark": "."},
    }
    subprocess.run(
        [
            *(sys.executable, "-m", "dbt.cli.main", "--quiet", "build"),
            *("--select", "+quarantined_rows", "--exclude-resource-type", "test", "unit_test"),
            *("--vars", json.dumps({"source_formats": formats})),
            *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
        ],
        cwd=PROJECT_DIR,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "FUNNEL_WAREHOUSE": str(folder / "warehouse"),
        },
        check=True,
    )

    def query(sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(database), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    return query


def staged_orders(work: Query, column: str) -> dict[str, Any]:
    rows = work(
        f"select order_id, {column} from intermediate.int_orders_versioned "
        "where _outcome = 'staged'"
    )
    return dict(rows)  # type: ignore[arg-type]


def test_ids_stay_text_to_the_last_digit(work: Query) -> None:
    assert "9007199254740993123" in staged_orders(work, "order_id")


def test_amounts_are_read_in_the_declared_format(
    work: Query,
) -> None:
    amounts = staged_orders(work, "amount")
    assert amounts["9007199254740993123"] == Decimal("1234.50")
    assert amounts["plain"] == Decimal("7.00")
    assert amounts["sign"] == Decimal("12.00")
    assert amounts["code"] == Decimal("-1000000.25")


def test_moments_without_an_offset_are_local_and_become_utc(
    work: Query,
) -> None:
    moments = staged_orders(work, "ordered_at")
    assert moments["9007199254740993123"] == datetime(2024, 7, 1, 8, 0)  # summer: two hours
    assert moments["plain"] == datetime(2023, 12, 31, 8, 30)  # winter: one; a declared format
    assert moments["sign"] == datetime(2024, 7, 1, 8, 0)  # an offset says it itself
    assert moments["code"] == datetime(2024, 7, 1, 10, 0)
    assert moments["fraction"] == datetime(2024, 7, 1, 8, 0, 0, 250000)


def test_a_zone_by_name_is_no_moment_and_moves_no_other_row(work: Query) -> None:
    rows = work(
        "select occurred_at, _outcome, _reason, count(*) "
        "from intermediate.int_activities_versioned group by all order by 1 nulls last"
    )
    assert rows == [
        (datetime(2024, 7, 1, 10, 0), "staged", None, 2 * VECTOR - 6),
        (None, "quarantined", "occurred_at is not a timestamp", 6),
    ]


def test_a_column_has_its_own_format(work: Query) -> None:
    rows = work(
        "select cost_id, cost_date, amount, _reason "
        "from intermediate.int_costs_versioned order by 1"
    )
    assert rows == [
        ("cents", date(2024, 7, 1), Decimal("1234.50"), None),
        ("missing", date(2024, 7, 1), None, "amount is missing"),
        ("thousands", date(2024, 7, 1), Decimal("100000.00"), None),
    ]


def test_accepted_values_do_not_depend_on_case(
    work: Query,
) -> None:
    assert staged_orders(work, "status")["9007199254740993123"] == "paid"


def test_an_unreadable_optional_value_is_null_and_counted(
    work: Query,
) -> None:
    assert staged_orders(work, "refunded_amount")["bad_refund"] is None
    assert staged_orders(work, "_nulled_columns")["bad_refund"] == "refunded_amount"
    assert staged_orders(work, "_nulled_columns")["plain"] is None


def test_rows_that_cannot_pass_are_kept_with_reason_row_and_text(
    work: Query,
) -> None:
    rows = work(
        "select source_row, reason, source_file, raw_text from quarantine.quarantined_rows "
        "where contract_table = 'orders' order by 1"
    )
    assert [(row, reason) for row, reason, _, _ in rows] == [
        (5, "amount is not a decimal"),  # 1.5 in a file whose decimal mark is a comma: 1.5 or 15?
        (6, "amount is missing"),
        (7, "ordered_at is not a timestamp"),
        (8, "ordered_at is an impossible time"),
        (9, "status is not one of paid, pending, cancelled, refunded"),
        (11, "order_id is missing"),
    ]
    assert {file for _, _, file, _ in rows} == {"orders/orders.csv"}
    assert json.loads(rows[2][3])["ordered_at"] == "31/02/2024 10:00"


def test_the_version_column_says_which_version_is_in_force_not_the_order_of_loading(
    work: Query,
) -> None:
    rows = work(
        "select updated_at, _outcome from intermediate.int_leads_versioned "
        "where lead_id = 'v' order by 1"
    )
    assert [outcome for _, outcome in rows] == ["superseded", "superseded", "superseded", "staged"]
    # a day is that day in every zone
    assert rows[-1][0] == datetime(2024, 1, 5)


def test_without_a_version_column_the_later_load_is_in_force(
    work: Query,
) -> None:
    rows = work(
        "select employee_count, _outcome from intermediate.int_leads_versioned "
        "where lead_id = 'old' order by 1"
    )
    assert rows == [(1, "superseded"), (2, "staged")]


def test_of_two_rows_for_one_version_in_one_file_the_last_stands_and_the_other_is_quarantined(
    work: Query,
) -> None:
    rows = work(
        "select employee_count, _outcome, _reason from intermediate.int_leads_versioned "
        "where lead_id = 'twice' order by 1"
    )
    assert rows[0][1:] == ("quarantined", "a later row of the same file has the same key (lead_id)")
    assert rows[1][1:] == ("staged", None)


def test_whole_numbers_and_booleans(work: Query) -> None:
    rows = work(
        "select updated_at, employee_count, is_test, birth_year, _nulled_columns "
        "from intermediate.int_leads_versioned where lead_id = 'v' and _source_row <= 3 order by 1"
    )
    values = [row[1:] for row in rows if row[0] != datetime(2024, 1, 3, 23, 0) or row[1] != 99]
    assert (10, False, 1980, None) in values
    # in this file a comma is the decimal mark: "1,200" is 1.2, and half a year of birth is none
    assert (None, True, None, "employee_count, birth_year") in values
    assert (12, False, None, "birth_year") in values
