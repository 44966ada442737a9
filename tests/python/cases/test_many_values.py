"""A segment of thousands of values: rare ones are `other` in the marts, and nobody is lost."""

import csv
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.build.notices import build_notices
from orchestration.warehouse.paths import Warehouse

LEADS = 2_000
KEPT = 300
MART_ROWS = 450_000
"""Bound of the rows that the marts cut by segment may have; without the fold there are millions."""
Rows = Callable[[str], list[tuple[Any, ...]]]


def land(landing: Path) -> None:
    """The text of a campaign mapped to `channel`: as many channels as leads but one."""
    first_day = datetime(2024, 1, 1, 9)
    leads, changes = [], []
    for number in range(LEADS):
        created_at = first_day + timedelta(minutes=10 * number)
        # two leads came by the last channel by name
        channel = f"text {min(number + 1, LEADS - 1):04d}"
        leads.append((f"l{number}", created_at, f"p{number}@many.example", channel))
        if number % 4 == 0:
            changes.append((f"e{number}", f"l{number}", created_at + timedelta(days=1), "mql"))
    _write(landing / "leads", ("lead_id", "created_at", "email", "channel"), leads)
    _write(
        landing / "lead_status_changes",
        ("event_id", "lead_id", "changed_at", "to_status"),
        changes,
    )
    _write(
        landing / "costs",
        ("cost_id", "cost_date", "cost_type", "channel", "amount", "currency"),
        [
            ("k1", "2024-01-10", "media", "text 0001", 10, "EUR"),
            ("k2", "2024-01-10", "media", "text 1500", 20, "EUR"),
            ("k3", "2024-01-11", "media", "text 1501", 30, "EUR"),
        ],
    )
    _write(
        landing / "targets",
        ("metric", "period_start", "period_end", "segment", "target_value", "version"),
        [("mql", "2024-01-01", "2024-01-31", "channel=text_1000", 5, 1)],
    )


def _write(folder: Path, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "many.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])


@pytest.fixture(scope="module")
def warehouse(landed: Callable[..., Path], built_warehouse: Callable[..., Warehouse]) -> Warehouse:
    return built_warehouse("many_values", landed("many_values_landing", land), "files")


@pytest.fixture(scope="module")
def rows(warehouse: Warehouse) -> Rows:
    def run(sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(warehouse.work_database), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    return run


def test_the_values_of_most_persons_are_kept_and_the_others_are_one(rows: Rows) -> None:
    kept = {value for (value,) in rows("select distinct channel from core.fct_stage_stints")}
    by_name = {f"text_{number:04d}" for number in range(1, KEPT)}
    # the one of two leads comes first, then those of one by name; the one of a target stays
    assert kept == {"text_1999", *by_name, "text_1000", "other"}
    assert rows("select count(*), min(value_rank) from marts.mart_rare_segment_values") == [
        (LEADS - 1 - KEPT - 1, KEPT + 1)
    ]


def test_the_rows_of_the_marts_are_bounded(rows: Rows) -> None:
    marts = rows(
        """
        select distinct table_schema || '.' || table_name from information_schema.columns
        where table_schema = 'marts' and column_name = 'segment_type'
            and table_name != 'mart_rare_segment_values'
        """
    )
    assert len(marts) > 15
    counted = {mart: rows(f"select count(*) from {mart}")[0][0] for (mart,) in marts}
    assert sum(counted.values()) < MART_ROWS, counted


def test_channels_add_up_to_the_whole_and_their_members_are_found(rows: Rows) -> None:
    for metric in ("leads_generated", "mql"):
        whole, channels, of_other = rows(
            f"""
            select
                sum(metric_value) filter (segment_type = 'all'),
                sum(metric_value) filter (segment_type = 'channel'),
                sum(metric_value) filter (segment_type = 'channel' and segment_value = 'other')
            from marts.mart_metric_values
            where metric = '{metric}' and period_type = 'all'
            """
        )[0]
        assert whole == channels
        members = f"select count(*) from marts.mart_metric_members where metric = '{metric}'"
        assert rows(members) == [(whole,)]
        assert rows(f"{members} and channel = 'other'") == [(of_other,)]


def test_costs_of_rare_channels_meet_their_leads(rows: Rows) -> None:
    assert rows(
        """
        select segment_value, leads, full_cost_amount from marts.mart_campaign_roi
        where segment_type = 'channel' and period_type = 'all' and attribution_model = 'first'
            and full_cost_amount is not null
        order by full_cost_amount
        """
    ) == [("text_0001", 1, 10), ("other", LEADS - KEPT - 2, 50)]


def test_facts_keep_the_names(rows: Rows) -> None:
    assert rows("select count(distinct channel) from core.dim_persons") == [(LEADS - 1,)]
    assert rows("select channel, landed_channel from core.fct_costs order by cost_id") == [
        ("text_0001", "text_0001"),
        ("other", "text_1500"),
        ("other", "text_1501"),
    ]


def test_the_build_says_what_is_folded(warehouse: Warehouse) -> None:
    said = [n for n in build_notices(warehouse.work_database) if n.startswith("Rare values")]
    assert said == [
        f"Rare values of channel, counted as 'other': {LEADS - KEPT - 2:,}, such as "
        f"'text_{KEPT:04d}', 'text_{KEPT + 1:04d}', 'text_{KEPT + 2:04d}' (set "
        "segment_values_kept to keep more; all: marts.mart_rare_segment_values)"
    ]
