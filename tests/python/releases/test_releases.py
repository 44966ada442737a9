"""The list of releases, and what differs between two of them, on hand-made marts."""

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration import cli
from orchestration.releases import (
    Manifest,
    MetricChange,
    Provenance,
    ReleaseError,
    current_release_id,
    diff,
    list_releases,
    publish,
    release_ids,
    rollback,
)
from orchestration.releases.store import resolve_id
from orchestration.warehouse.paths import Warehouse

KEYS = {
    "dim_leads": ("lead_key",),
    "mart_correlations": ("word",),
    "mart_metric_values": (
        "metric",
        "period_type",
        "period_start_date",
        "segment_type",
        "segment_value",
    ),
}
LEADS = "('a', 'ES'), ('b', 'MX')"
VALUES = """
    ('mql', 'month', date '2025-01-01', 'all', 'all', 10.0),
    ('mql', 'all', null, 'all', 'all', 30.0),
    ('mql', 'month', date '2025-01-01', 'channel', 'social', 4.0)
"""
Publisher = Callable[..., Manifest]
funnel = CliRunner()


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    monkeypatch.setenv("FUNNEL_WAREHOUSE", str(tmp_path / "warehouse"))
    return Warehouse(tmp_path / "warehouse")


@pytest.fixture
def publish_marts(warehouse: Warehouse) -> Publisher:
    """Publish the given rows; `more` is further SQL on the work database."""

    def write_and_publish(
        leads: str = LEADS,
        values: str = VALUES,
        more: str = "",
        make_current: bool = True,
        is_pinned: bool = False,
    ) -> Manifest:
        warehouse.build_dir.mkdir(parents=True, exist_ok=True)
        warehouse.work_database.unlink(missing_ok=True)
        with duckdb.connect(str(warehouse.work_database)) as connection:
            connection.execute(
                f"""
                create schema core;
                create schema marts;
                create table core.dim_leads as from (values {leads}) as t (lead_key, country);
                create table marts.mart_metric_values as from (values {values}) as t (
                    metric, period_type, period_start_date, segment_type, segment_value,
                    metric_value
                );
                alter table marts.mart_metric_values alter metric_value type double;
                {more}
                """
            )
        return publish(
            warehouse,
            keep=5,
            provenance=Provenance(
                project_version="0.0.0",
                git_commit="0123456789abcdef",
                as_of=datetime(2025, 3, 1),
                is_pinned=is_pinned,
            ),
            keys=KEYS,
            make_current=make_current,
        )

    return write_and_publish


def test_equal_releases_do_not_differ(warehouse: Warehouse, publish_marts: Publisher) -> None:
    """Not even in the last digit of a sum, which goes by the order of its rows."""
    publish_marts()
    publish_marts(values=VALUES.replace("30.0", "30.0::double + 4e-15"))
    found = diff(warehouse, "previous", "current")
    assert not found.differs
    assert not found.tables


CORRELATIONS = """
    create table marts.mart_correlations as
    from (values ('a', {}::double), ('b', 0.5)) as t (word, correlation)
"""


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ("1e-17", "-2e-17", 0),  # 0, but for rounding
        ("0.1234567890125", "0.12345678901250003", 0),
        ("0.5", "0.500001", 1),
        ("'inf'", "'-inf'", 1),
        ("'inf'", "0.5", 1),
        ("'inf'", "'inf'", 0),
        ("0.5", "null", 1),
    ],
)
def test_a_changed_row_differs_by_more_than_rounding(
    warehouse: Warehouse, publish_marts: Publisher, before: str, after: str, changed: int
) -> None:
    publish_marts(more=CORRELATIONS.format(before))
    publish_marts(more=CORRELATIONS.format(after))
    found = [table.changed for table in diff(warehouse, "previous", "current").tables]
    assert found == [changed] * bool(changed)


def test_rows_are_matched_by_their_key(warehouse: Warehouse, publish_marts: Publisher) -> None:
    publish_marts()
    publish_marts(leads="('b', 'ES'), ('c', null), ('d', 'MX')")
    (table,) = diff(warehouse, "previous", "current").tables
    assert (table.name, table.key) == ("core.dim_leads", ("lead_key",))
    assert (table.removed, table.added, table.changed) == (1, 2, 1)


def test_rows_without_a_key_are_compared_whole(
    warehouse: Warehouse, publish_marts: Publisher
) -> None:
    publish_marts(
        more="create table marts.mart_words as from (values ('x'), ('x'), ('y')) as t (w)"
    )
    publish_marts(more="create table marts.mart_words as from (values ('x'), ('z')) as t (w)")
    (table,) = diff(warehouse, "previous", "current").tables
    assert (table.key, table.removed, table.added, table.changed) == ((), 2, 1, 0)


def test_tables_and_columns_that_came_and_went(
    warehouse: Warehouse, publish_marts: Publisher
) -> None:
    publish_marts(more="create table marts.mart_old as select 1 as n")
    publish_marts(
        more="create table marts.mart_new as select 1 as n;"
        "alter table core.dim_leads add column region varchar"
    )
    found = diff(warehouse, "previous", "current")
    assert (found.tables_removed, found.tables_added) == (("marts.mart_old",), ("marts.mart_new",))
    (table,) = found.tables
    assert [(column.name, column.before, column.after) for column in table.columns] == [
        ("region", None, "VARCHAR")
    ]
    assert (table.removed, table.added, table.changed) == (0, 0, 0)


def test_metrics_that_moved_most_come_first_and_the_whole_before_its_parts(
    warehouse: Warehouse, publish_marts: Publisher
) -> None:
    publish_marts()
    publish_marts(
        values="""
            ('mql', 'month', date '2025-01-01', 'all', 'all', 5.0),
            ('mql', 'all', null, 'all', 'all', 29.0),
            ('mql', 'month', date '2025-01-01', 'channel', 'social', 1.0),
            ('sql', 'month', date '2025-01-01', 'all', 'all', 2.0)
        """
    )
    found = diff(warehouse, "previous", "current", limit=3)
    assert found.metric_count == 4
    assert found.metrics == (
        MetricChange(
            metric="mql",
            period_type="month",
            period_start_date=date(2025, 1, 1),
            segment_type="all",
            segment_value="all",
            before=10,
            after=5,
        ),
        MetricChange(
            metric="mql",
            period_type="all",
            period_start_date=None,
            segment_type="all",
            segment_value="all",
            before=30,
            after=29,
        ),
        MetricChange(
            metric="sql",
            period_type="month",
            period_start_date=date(2025, 1, 1),
            segment_type="all",
            segment_value="all",
            before=None,
            after=2,
        ),
    )
    assert [change.difference for change in found.metrics] == [-5, -1, None]
    assert diff(warehouse, "previous", "current", metric="sql").metric_count == 1


def test_releases_go_by_the_beginning_of_their_id(
    warehouse: Warehouse, publish_marts: Publisher
) -> None:
    first, second = publish_marts().release_id, publish_marts().release_id
    assert resolve_id(warehouse, first[:-1]) == first
    assert resolve_id(warehouse, "current") == second
    assert resolve_id(warehouse, "previous") == first
    with pytest.raises(ReleaseError, match=rf"several releases 2 in .*: {first}, {second}"):
        resolve_id(warehouse, "2")
    with pytest.raises(ReleaseError, match="no release 1999"):
        diff(warehouse, "1999", "current")
    with pytest.raises(ReleaseError, match="no release current"):
        resolve_id(Warehouse(warehouse.root / "nothing"), "current")


def test_release_that_cannot_be_read_is_named(
    warehouse: Warehouse, publish_marts: Publisher
) -> None:
    broken = publish_marts().release_id
    publish_marts()
    database = warehouse.releases_dir / broken / "warehouse.duckdb"
    database.chmod(0o644)
    database.write_bytes(b"no database")
    with pytest.raises(ReleaseError, match=rf"Release {broken} cannot be read"):
        diff(warehouse, broken, "current")
    listed = list_releases(warehouse)
    assert listed[1].changes is not None
    assert listed[1].changes.metrics is None
    (warehouse.releases_dir / broken / "manifest.json").unlink()
    with pytest.raises(ReleaseError, match=rf"Release {broken} is damaged"):
        diff(warehouse, broken, "current")
    assert not list_releases(warehouse)[0].is_readable


def test_list_says_what_each_release_changed(
    warehouse: Warehouse, publish_marts: Publisher
) -> None:
    publish_marts()
    publish_marts(leads="('a', 'ES')", values=VALUES.replace("30.0", "31.0"))
    first, second = list_releases(warehouse)
    assert first.changes is None
    assert second.changes is not None
    assert {name: (t.before, t.after) for name, t in second.changes.tables.items()} == {
        "core.dim_leads": (2, 1)
    }
    assert (second.row_change, second.changes.metrics) == (-1, 1)
    shown = funnel.invoke(cli.app, ["releases"]).output.splitlines()
    line = next(line for line in shown if second.release_id in line)
    assert "-1 rows (1 table), 1 metric value" in line
    assert "0123456789" in line
    told = json.loads(funnel.invoke(cli.app, ["releases", "--json"]).output)
    assert [entry["is_current"] for entry in told] == [False, True]


def test_pinned_release_stays_beside_the_current_one_until_the_next_publication(
    warehouse: Warehouse, publish_marts: Publisher
) -> None:
    current = publish_marts().release_id
    pinned = publish_marts(leads="('a', 'ES')", make_current=False, is_pinned=True).release_id
    assert current_release_id(warehouse) == current
    assert release_ids(warehouse) == [current, pinned]
    shown = funnel.invoke(cli.app, ["releases"]).output.splitlines()
    assert "pinned" in next(line for line in shown if pinned in line)
    rollback(warehouse, pinned)
    assert current_release_id(warehouse) == pinned
    rollback(warehouse, current)
    latest = publish_marts().release_id
    assert release_ids(warehouse) == [current, latest]


def test_exit_codes_of_diff(publish_marts: Publisher) -> None:
    publish_marts()
    assert funnel.invoke(cli.app, ["diff"]).exit_code == 1
    publish_marts()
    same = funnel.invoke(cli.app, ["diff", "--exit-code"])
    assert (same.exit_code, "Nothing differs." in same.output) == (0, True)
    publish_marts(leads="('a', 'ES')")
    assert funnel.invoke(cli.app, ["diff"]).exit_code == 0
    different = funnel.invoke(cli.app, ["diff", "previous", "current", "--exit-code"])
    assert different.exit_code == 3
    assert "core.dim_leads" in different.output
    told = json.loads(funnel.invoke(cli.app, ["diff", "--json"]).output)
    assert told["tables"][0]["removed"] == 1
