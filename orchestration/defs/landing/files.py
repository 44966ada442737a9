"""The files that have landed: what the raw tables are made of, seen but never changed."""

from collections.abc import Iterator, Sequence
from typing import cast

import dagster as dg

from orchestration.contract import RawTable, raw_tables
from orchestration.ingestion.arrivals import landed_files, version_of
from orchestration.settings import load_settings, project_time_zone

OBSERVED_AT = "*/15 * * * *"
"""When the landing folder is looked at, where automation is on (cron)."""


def landing_key(table: RawTable) -> dg.AssetKey:
    """The asset of a raw table's landed files."""
    return dg.AssetKey(["landing", table.source, table.name])


def landing_assets(source: str) -> dg.AssetsDefinition:
    """One observable asset per table of a source; its data version changes with its files."""
    tables = raw_tables(source)

    @dg.multi_observable_source_asset(  # type: ignore[untyped-decorator]
        name=f"landing_{source}",
        specs=[_spec(table) for table in tables],
        can_subset=True,
    )
    def observe(context: dg.AssetExecutionContext) -> Iterator[dg.ObserveResult]:
        files = landed_files(load_settings())
        for table in tables:
            if landing_key(table) in context.selected_asset_keys:
                names = [file for file in files if file.table == table]
                yield dg.ObserveResult(
                    asset_key=landing_key(table),
                    data_version=dg.DataVersion(version_of(names)),
                    metadata={
                        "files": len(names),
                        "bytes": sum(file.byte_count for file in names),
                    },
                )

    return cast(dg.AssetsDefinition, observe)


def _spec(table: RawTable) -> dg.AssetSpec:
    return dg.AssetSpec(
        landing_key(table),
        description=f"Files landed as `{table.files}`.",
        group_name="landing",
        kinds={"file"},
        automation_condition=dg.AutomationCondition.on_cron(OBSERVED_AT, project_time_zone()),
    )


def _all() -> Sequence[dg.AssetsDefinition]:
    return [landing_assets(source) for source in load_settings().sources]


defs = dg.Definitions(assets=_all())
