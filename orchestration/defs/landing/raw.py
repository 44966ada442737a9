"""The raw tables: what `orchestration.ingestion` loads, one unit per source."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg
from pydantic import Field

from orchestration.contract import LEDGER_TABLE, RawTable, raw_tables
from orchestration.defs.dbt.translator import nightly_deadline
from orchestration.defs.landing.files import landing_key
from orchestration.defs.shared.retries import permanent_unless_passing, retry_policy
from orchestration.defs.shared.writer import POOL, WarehouseWriter
from orchestration.extraction import is_extracted
from orchestration.ingestion.raw_state import RawState, raw_states
from orchestration.settings import load_settings
from orchestration.warehouse.work_database import make_ready

RAW_DEADLINE = "0 5 * * *"
"""By when new files must have been looked for this night, in the reporting time zone (cron)."""


class LoadConfig(dg.Config):
    """Options of a load beside the settings."""

    reload_files: list[str] = Field(
        default=[],
        description="Files, by their path under the landing folder, whose rows are forgotten and "
        "loaded again.",
    )


def raw_key(source: str, table: str) -> dg.AssetKey:
    """The asset of a raw table: the key that dagster-dbt gives to the dbt source."""
    return dg.AssetKey([source, table])


def raw_assets(source: str) -> dg.AssetsDefinition:
    """The raw tables of a source, loaded together as one unit that counts once and whole."""
    tables = raw_tables(source)

    @dg.multi_asset(
        name=f"load_{source}",
        specs=[*(_spec(table) for table in tables), _ledger_spec(source, tables)],
        check_specs=[_check_spec(table) for table in tables],
        pool=POOL,
        retry_policy=retry_policy(),
    )
    def load_source(
        context: dg.AssetExecutionContext,
        config: LoadConfig,
        writer: dg.ResourceParam[WarehouseWriter],
    ) -> Iterator[Any]:
        from orchestration.ingestion import forget_files  # noqa: PLC0415  (imports pyarrow)

        settings = load_settings()
        with permanent_unless_passing():
            warehouse = writer.hold(context)
            make_ready(warehouse)
            forget_files(warehouse.work_database, source, config.reload_files)
            if is_extracted(settings, [source]):
                warehouse.extract(settings, context.log.info, [source])
            report = warehouse.load(settings, context.log.info, [source])
            states = raw_states(warehouse.work_database, source, tables)
        for note in report.notes:
            context.log.warning(note)
        for table in tables:
            state = states[table.name]
            new = [file for file in report.loaded if file.table == table.name]
            yield dg.MaterializeResult(
                asset_key=raw_key(source, table.name),
                metadata={
                    "dagster/row_count": state.row_count,
                    "new files": len(new),
                    "new rows": sum(file.row_count for file in new),
                    "unreadable new rows": sum(file.rejected_row_count for file in new),
                },
            )
            yield _check_result(table, state)
        yield dg.MaterializeResult(
            asset_key=raw_key(source, LEDGER_TABLE),
            metadata={"dagster/row_count": states[LEDGER_TABLE].row_count},
        )

    return load_source


def _spec(table: RawTable) -> dg.AssetSpec:
    return dg.AssetSpec(
        raw_key(table.source, table.name),
        deps=[landing_key(table)],
        description=f"Every version of every row landed as `{table.files}`, as text.",
        group_name="raw",
        kinds={"dlt", "duckdb"},
        owners=["team:analytics-engineering"],
        freshness_policy=nightly_deadline(RAW_DEADLINE),
        metadata={
            "dagster/table_name": f"warehouse.raw_{table.source}.{table.name}",
            "dagster/column_schema": dg.TableSchema(
                [
                    dg.TableColumn(column.name, "string", description=column.description)
                    for column in table.columns
                ]
            ),
        },
    )


def _ledger_spec(source: str, tables: Sequence[RawTable]) -> dg.AssetSpec:
    return dg.AssetSpec(
        raw_key(source, LEDGER_TABLE),
        deps=[landing_key(table) for table in tables],
        description="The files that were loaded or refused, with their content's hash.",
        group_name="raw",
        kinds={"dlt", "duckdb"},
        owners=["team:analytics-engineering"],
    )


def _check_spec(table: RawTable) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        "every_file_was_read",
        asset=raw_key(table.source, table.name),
        description="No landed file is refused. The others load all the same.",
    )


def _check_result(table: RawTable, state: RawState) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=raw_key(table.source, table.name),
        check_name="every_file_was_read",
        passed=not state.refused,
        severity=dg.AssetCheckSeverity.WARN,
        description="\n".join(f"{name}: {error}" for name, error in state.refused.items()),
        metadata={"refused files": len(state.refused)},
    )


def _all() -> Sequence[dg.AssetsDefinition]:
    return [raw_assets(source) for source in load_settings().sources]


defs = dg.Definitions(assets=_all())
