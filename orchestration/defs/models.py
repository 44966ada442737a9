"""The dbt models, seeds and tests: an asset or a check each, built by one dbt process."""

import json
import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource, dbt_assets
from pydantic import Field

from orchestration.building import certify, is_certified, make_ready
from orchestration.running.dbt_project import prepared_project
from orchestration.running.failures import permanent_unless_passing, retry_policy
from orchestration.running.selecting import is_whole
from orchestration.running.translator import FunnelTranslator
from orchestration.running.writer import POOL, WarehouseWriter
from orchestration.settings import Settings, load_settings
from orchestration.transforming import vars_arguments, warehouse_of_dbt

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
    column_lineage: bool = Field(
        default=False,
        description="Work out from which columns each column comes; it takes about a minute.",
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
    writer: WarehouseWriter,
) -> Iterator[Any]:
    """Build and test what is selected; all of it passed, or the run fails."""
    settings = config.settings()
    target = PROJECT.project_dir / PROJECT.target_path / context.run_id
    with permanent_unless_passing(), warehouse_of_dbt(settings.warehouse):
        warehouse = writer.hold(context)
        was_tested = is_certified(warehouse)
        make_ready(warehouse)
        invocation = dbt.cli(
            [
                *("build", "--exclude-resource-type", "unit_test"),
                *vars_arguments(settings),
                *(["--full-refresh"] if config.full_refresh else []),
            ],
            context=context,
            target_path=target,
        )
        events = invocation.stream().fetch_row_counts()
        yield from events.fetch_column_metadata(with_column_lineage=config.column_lineage)
        if is_whole(context, MANIFEST, was_tested=was_tested):
            certify(warehouse)
    shutil.rmtree(target)
