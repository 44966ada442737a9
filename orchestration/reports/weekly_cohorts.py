"""The weekly report: how far the leads of each week have come."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.errors import FunnelError
from orchestration.releases import current_release_id
from orchestration.sql import literal
from orchestration.warehouse.paths import Warehouse

QUERY = """
select
    period_start_date as week, from_stage, to_stage, rate_kind, horizon_days,
    entrants, numerator, denominator, conversion_rate, conversion_rate_low, conversion_rate_high,
    mature_share, is_small_n, is_provisional
from marts.mart_funnel_conversion
where
    period_type = 'week' and segment_type = 'all'
    and count_mode = 'first' and order_mode = 'ordered'
order by all
"""


class NoReleaseError(FunnelError):
    """A report was asked for before anything was published."""


@dataclass(frozen=True)
class WeeklyReport:
    """A written report, and the release that it tells of."""

    path: Path
    release_id: str
    row_count: int


def write_weekly_cohorts(root: Path) -> WeeklyReport:
    """Write the report of the current release, as a CSV file named for that.

    Raises:
        NoReleaseError: there is none.
    """
    warehouse = Warehouse(root)
    release_id = current_release_id(warehouse)
    if release_id is None:
        raise NoReleaseError(f"There is no release in {root}. Run the job `build` first.")
    path = root / "reports" / "weekly_cohorts" / f"{release_id}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".tmp")
    with duckdb.connect(str(warehouse.current_database), read_only=True) as connection:
        copied = connection.execute(
            f"copy ({QUERY}) to {literal(str(unfinished))} (format csv, header)"
        ).fetchall()
    unfinished.replace(path)
    return WeeklyReport(path, release_id, int(copied[0][0]))
