"""The release: what readers get."""

import dagster as dg

from orchestration.audit import Boundary
from orchestration.build.notices import erasure_notices
from orchestration.defs.dbt.assets import PUBLISHED
from orchestration.defs.dbt.translator import nightly_deadline
from orchestration.defs.release.audit import audit_key
from orchestration.defs.shared.retries import permanent_unless_passing, retry_policy
from orchestration.defs.shared.writer import POOL, WarehouseWriter
from orchestration.settings import load_settings

RELEASE_DEADLINE = "30 6 * * *"
"""By when readers must have this night's release, in the reporting time zone (cron)."""


@dg.asset(
    deps=[*PUBLISHED, audit_key(Boundary.marts)],
    description="A checked copy of the schemas `core` and `marts`, given to readers in one step.",
    group_name="release",
    kinds={"duckdb"},
    owners=["team:analytics-engineering"],
    pool=POOL,
    retry_policy=retry_policy(),
    freshness_policy=nightly_deadline(RELEASE_DEADLINE),
)
def release(
    context: dg.AssetExecutionContext, writer: dg.ResourceParam[WarehouseWriter]
) -> dg.MaterializeResult[None]:
    """Publish the work database, unless it has not passed its tests."""
    settings = load_settings()
    with permanent_unless_passing():
        warehouse = writer.hold(context)
        manifest = warehouse.publish(settings)
        for notice in erasure_notices(warehouse.close_erasures(settings)):
            context.log.warning(notice)
    as_of = manifest.provenance.as_of
    return dg.MaterializeResult(
        data_version=dg.DataVersion(manifest.release_id),
        metadata={
            "release": manifest.release_id,
            "as of": as_of.isoformat(sep=" ") if as_of else None,
            "path": dg.MetadataValue.path(warehouse.releases_dir / manifest.release_id),
            "tables": len(manifest.tables),
            "dagster/row_count": sum(table.rows for table in manifest.tables.values()),
            "bytes": sum(file.bytes for file in manifest.files.values()),
        },
    )
