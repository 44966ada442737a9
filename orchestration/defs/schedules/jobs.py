"""Jobs: assets that run together."""

import dagster as dg

from orchestration.defs.dbt.assets import BuildConfig
from orchestration.defs.reports.documentation import dashboard
from orchestration.defs.reports.reports import weekly_cohorts
from orchestration.defs.shared.writer import POOL

# A run waits in the queue while another one changes the warehouse.
WRITES = {"funnel/changes": POOL}

# The page is made in seconds, and tells of the release that readers have.
ROUTINE = (
    dg.AssetSelection.all() - dg.AssetSelection.groups("landing", "reports", "documentation")
) | dg.AssetSelection.assets(dashboard)

build = dg.define_asset_job(
    "build",
    selection=ROUTINE,
    description="Load what is new, build and test every model, publish, draw the dashboard.",
    tags=WRITES,
)

nightly = dg.define_asset_job(
    "nightly",
    selection=ROUTINE | dg.AssetSelection.groups("documentation"),
    description="The build from scratch, with the documentation.",
    config=dg.RunConfig(ops={"dbt": BuildConfig(full_refresh=True)}),
    tags=WRITES,
)

weekly_report = dg.define_asset_job(
    "weekly_report",
    selection=dg.AssetSelection.assets(weekly_cohorts),
    description="The conversion of each week's leads, from the current release.",
)
