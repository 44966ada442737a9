"""The dbt models, seeds and tests: an asset or a check each, built by one dbt process."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource, dbt_assets
from pydantic import Field

from orchestration.defs.dbt.project import prepared_project
from orchestration.defs.dbt.run import DbtRun
from orchestration.defs.dbt.selection import is_whole
from orchestration.defs.dbt.translator import FunnelTranslator
from orchestration.defs.shared.retries import permanent_unless_passing, retry_policy
from orchestration.defs.shared.writer import POOL, WarehouseWriter
from orchestration.releases import PUBLISHED_SCHEMAS
from orchestration.settings import Settings, load_settings
from orchestration.warehouse.work_database import is_tested, make_ready, note_tested

PROJECT = prepared_project(load_settings())
MANIFEST: Mapping[str, Any] = json.loads(PROJECT.manifest_path.read_bytes())


class BuildConfig(dg.Config):
    """Options of a build beside the settings."""

    full_refresh: bool = Field(
        default=False, description="Rebuild the selected models from scratch."
    )
    as_of: str | None = Field(
        default=None,
        description=(
            "Latest moment that counts: a moment in UTC, or a date, which is the end "
            "of that day in the reporting time zone; empty = derived from the data."
        ),
    )

    def settings(self) -> Settings:
        """The settings of this build."""
        return load_settings({"as_of": self.as_of or None})


@dbt_assets(
    manifest=MANIFEST,
    project=PROJECT,
    dagster_dbt_translator=FunnelTranslator(),
    name="dbt",
    pool=POOL,
    retry_policy=retry_policy(),
)
def dbt_models(
    context: dg.AssetExecutionContext,
    config: BuildConfig,
    dbt: DbtCliResource,
    writer: dg.ResourceParam[WarehouseWriter],
) -> Iterator[Any]:
    """Build and test what is selected; all of it passed, or the run fails."""
    with permanent_unless_passing():
        warehouse = writer.hold(context)
        was_tested = is_tested(warehouse)
        make_ready(warehouse)
        settings = config.settings()
        if lost := warehouse.record_previous_release(settings, with_release=not config.as_of):
            context.log.warning(lost)
        run = DbtRun(PROJECT, MANIFEST, context.run.run_id, warehouse.work_database)
        yield from run.build(context, dbt, settings, full_refresh=config.full_refresh)
        if is_whole(context, MANIFEST, was_tested=was_tested):
            note_tested(warehouse)


PUBLISHED = [key for key in sorted(dbt_models.keys) if key.path[0] in PUBLISHED_SCHEMAS]

compared_with = [
    dg.AssetSpec(
        [source["source_name"], source["name"]],
        description=source["description"],
        group_name="release",
        kinds={"duckdb"},
    )
    for source in MANIFEST["sources"].values()
    if source["source_name"] == "published"
]
"""What the release before says, put beside the models for comparison when they are built."""
