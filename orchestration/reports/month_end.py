"""The metrics as they were known at the end of a month: a build of the past, kept as a file."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from orchestration.build.build import build
from orchestration.settings import Settings
from orchestration.sql import literal
from orchestration.warehouse.paths import Warehouse

METRIC_VALUES = "marts.mart_metric_values"


def as_of_month_end(month: str, zone: str) -> datetime:
    """The last second of a month (its first day, `2025-03-01`) in a time zone, as naive UTC."""
    first = date.fromisoformat(month)
    following = (first + timedelta(days=31)).replace(day=1)
    end = datetime(following.year, following.month, 1, tzinfo=ZoneInfo(zone))
    return end.astimezone(ZoneInfo("UTC")).replace(tzinfo=None) - timedelta(seconds=1)


def past_of(settings: Settings, as_of: datetime) -> Settings:
    """The settings of a build of the past: a warehouse beside the releases, for no reader."""
    return settings.model_copy(
        update={"warehouse": settings.warehouse / "past", "as_of": as_of, "keep": 1}
    )


def report_file(warehouse: Path, month: str) -> Path:
    """File of a month's report."""
    return warehouse / "reports" / "month_end" / f"{month[:7]}.parquet"


def write_month_end(settings: Settings, month: str, as_of: datetime) -> int:
    """Build as of the end of a month, tests included, and keep the metrics; gives their number.

    Raises:
        FunnelError: the build failed; a report that was there stays.
    """
    past = past_of(settings, as_of)
    build(past, echo=lambda _: None)
    path = report_file(settings.warehouse, month)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".tmp")
    release = Warehouse(past.warehouse).current_database
    with duckdb.connect(str(release), read_only=True) as connection:
        copied = connection.execute(
            f"""
            copy (from {METRIC_VALUES} order by all)
            to {literal(str(unfinished))} (format parquet)
            """
        ).fetchall()
    unfinished.replace(path)
    return int(copied[0][0])
