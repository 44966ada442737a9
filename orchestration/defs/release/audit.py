"""The audit: what landed before it is built on, the marts before readers get them."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg
from pydantic import Field

from orchestration.audit import Boundary, Outcome, Severity, Threshold, planned_checks
from orchestration.audit.gate import audit, gate
from orchestration.audit.outcomes import checks_of
from orchestration.audit.thresholds import is_mapping
from orchestration.build.mappings import compiled_for
from orchestration.contract import LEDGER_TABLE, raw_tables
from orchestration.defs.dbt.assets import PUBLISHED
from orchestration.defs.shared.retries import permanent_unless_passing, retry_policy
from orchestration.defs.shared.writer import POOL, WarehouseWriter
from orchestration.settings import load_settings
from orchestration.warehouse.work_database import certify, is_tested


class AuditConfig(dg.Config):
    """Options of an audit beside the settings."""

    accept: list[str] = Field(
        default=[],
        description="Names of checks, as the failure shows them, whose failure is as it should be, "
        "until something else is loaded.",
    )


def audit_key(boundary: Boundary) -> dg.AssetKey:
    """The asset of an audit: its Data Docs and result file."""
    return dg.AssetKey(["audit", boundary.value])


def check_key(check: Threshold | Outcome, audited: Sequence[dg.AssetKey]) -> dg.AssetCheckKey:
    """The Dagster check of an expectation, on the table that it judges.

    What speaks of all tables together, or of what a mapping makes, is a check of the audit itself.
    """
    key = dg.AssetKey(check.table.split("."))
    column = f"_{check.column}" if check.column and check.column != "*" else ""
    mapping = f"{check.table}_" if is_mapping(check.table) else ""
    return dg.AssetCheckKey(
        key if key in audited else audit_key(check.boundary),
        f"{mapping}{check.expectation}{column}",
    )


def audit_asset(boundary: Boundary, audited: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """The audit of a boundary: one run of all its expectations."""
    planned = planned_checks(boundary, load_settings().sources)

    @dg.multi_asset(
        name=f"audit_{boundary}",
        specs=[
            dg.AssetSpec(
                audit_key(boundary),
                deps=audited,
                description=f"Whether the {boundary} tables are as they should be: volume, "
                "distribution, freshness and identities, with the Data Docs.",
                group_name="audit",
                kinds={"greatexpectations"},
                owners=["team:analytics-engineering"],
            )
        ],
        check_specs=[_check_spec(check, audited) for check in planned],
        # checks of the tables that are audited, which this does not make; dagster-dbt does so too
        allow_arbitrary_check_specs=True,
        # who builds some tables has their checks, and the audit as a whole where it is asked for
        can_subset=True,
        pool=POOL,
        retry_policy=retry_policy(),
    )
    def audited_tables(
        context: dg.AssetExecutionContext,
        config: AuditConfig,
        writer: dg.ResourceParam[WarehouseWriter],
    ) -> Iterator[Any]:
        with permanent_unless_passing():
            warehouse = writer.hold(context)
            settings = load_settings()
            report = audit(
                settings, boundary, accepted=config.accept, mappings=compiled_for(settings)
            )
            for outcome in report.outcomes:
                if check_key(outcome, audited) in context.selected_asset_check_keys:
                    yield _check_result(outcome, audited)
            if audit_key(boundary) not in context.selected_asset_keys:
                return
            gate(report)
            writer.audits.append(report)
            if boundary == Boundary.landed:
                warehouse.let_exports_delete(load_settings())
            if boundary == Boundary.marts and is_tested(warehouse):
                certify(warehouse, checks_of(writer.audits))
        yield dg.MaterializeResult(
            asset_key=audit_key(boundary),
            metadata={
                "judged": len(report.judged),
                "to look at": len(report.warnings),
                **(
                    {"data docs": dg.MetadataValue.path(report.data_docs)}
                    if report.data_docs
                    else {}
                ),
            },
        )

    return audited_tables


def _check_spec(check: Threshold, audited: Sequence[dg.AssetKey]) -> dg.AssetCheckSpec:
    key = check_key(check, audited)
    return dg.AssetCheckSpec(
        key.name,
        asset=key.asset_key,
        description=f"{check.reason} Limit: {check.limit}.",
        blocking=check.severity == Severity.critical,
        metadata={"owner": check.owner, "what to do": check.remedy},
    )


def _check_result(outcome: Outcome, audited: Sequence[dg.AssetKey]) -> dg.AssetCheckResult:
    key = check_key(outcome, audited)
    is_critical = outcome.severity == Severity.critical
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=outcome.success or outcome.is_accepted,
        severity=dg.AssetCheckSeverity.ERROR if is_critical else dg.AssetCheckSeverity.WARN,
        description=str(outcome),
        metadata={
            "limit": outcome.limit,
            "accepted": outcome.is_accepted,
            **({"figure": outcome.figure} if outcome.figure is not None else {}),
            **({"sample keys": "; ".join(outcome.sample_keys)} if outcome.sample_keys else {}),
        },
    )


def _raw_keys() -> list[dg.AssetKey]:
    return [
        dg.AssetKey([source, name])
        for source in load_settings().sources
        for name in (*(table.name for table in raw_tables(source)), LEDGER_TABLE)
    ]


audit_landed = audit_asset(Boundary.landed, _raw_keys())
audit_marts = audit_asset(Boundary.marts, PUBLISHED)
