"""The dbt models, seeds and tests: an asset or a check each, built by one dbt process."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource, dbt_assets
from pydantic import Field

from orchestration.building import compare_held
from orchestration.publishing import PUBLISHED_SCHEMAS
from orchestration.running.dbt_project import prepared_project
from orchestration.running.dbt_run import DbtRun
from orchestration.running.failures import permanent_unless_passing, retry_policy
from orchestration.running.selecting import is_whole
from orchestration.running.translator import FunnelTranslator
from orchestration.running.writer import POOL, WarehouseWriter
from orchestration.settings import Settings, load_settings
from orchestration.work_database import is_certified, make_ready

PROJECT = prepared_project(load_settings())
MANIFEST: Mapping[str, Any] = json.loads(PROJECT.manifest_path.read_bytes())


class BuildConfig(dg.Config):
    """What a build is told beside the settings."""

    full_refresh: bool = Field(
        default=False, description="Rebuild the selected models from nothing."
    )
    as_of: str | None = Field(
        default=None,
        description="Latest moment that the data speaks for, in UTC; empty = derived from it.",
    )

    def settings(self) -> Settings:
        """The settings of this build."""
        as_of = datetime.fromisoformat(self.as_of) if self.as_of else None
        return load_settings({"as_of": as_of})


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
        was_tested = writer.is_tested or is_certified(warehouse)
        writer.is_tested = False
        make_ready(warehouse)
        if lost := compare_held(config.settings(), warehouse, with_release=not config.as_of):
            context.log.warning(lost)
        run = DbtRun(PROJECT, MANIFEST, context.run.run_id, warehouse.work_database)
        yield from run.build(context, dbt, config.settings(), full_refresh=config.full_refresh)
        writer.is_tested = is_whole(context, MANIFEST, was_tested=was_tested)


PUBLISHED = [key for key in sorted(dbt_models.keys) if key.path[0] in PUBLISHED_SCHEMAS]
