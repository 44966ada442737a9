"""The release again, in PostgreSQL, where the settings name a database."""

import dagster as dg

from orchestration.defs.release.release import release
from orchestration.defs.shared.retries import permanent_unless_passing, retry_policy
from orchestration.releases.postgres import Target, sync
from orchestration.settings import load_settings
from orchestration.warehouse.paths import Warehouse


@dg.asset(
    deps=[release],
    description="The current release, for BI tools that need a server. In one transaction.",
    group_name="release",
    kinds={"postgres"},
    owners=["team:analytics-engineering"],
    retry_policy=retry_policy(),
)
def postgres_release() -> dg.MaterializeResult[None]:
    """Bring the current release to PostgreSQL, unless it is there already."""
    settings = load_settings()
    target = Target.of(settings)
    if target is None:
        raise dg.Failure("FUNNEL_POSTGRES is not set.", allow_retries=False)
    with permanent_unless_passing():
        done = sync(Warehouse(settings.warehouse), target)
    return dg.MaterializeResult(
        metadata={"release": done.release_id, "dagster/row_count": done.rows, "new": done.is_new}
    )


defs = dg.Definitions(assets=[postgres_release] if Target.of(load_settings()) else [])
