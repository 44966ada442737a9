"""A first look at the funnel: how many leads ever reached each stage."""

from orchestration.contract import PROJECT_DIR
from orchestration.source_check.findings import StageLeads
from orchestration.source_check.landed import Landed, records
from orchestration.sql import file_literal
from orchestration.words import normalised_word

# a row of the map for the source system goes before one for all, as in the models
MAPPED = """
    select source_system, lead_id, stage_key
    from (
        select
            records.source_system,
            records.lead_id,
            records.{key},
            arg_max(stage_map.stage_key, stage_map.source_system is not null) as stage_key
        from {records} as records
        inner join intermediate.int_stage_map as stage_map
            on {word} = stage_map.status
                and {field} = stage_map.status_field
                and coalesce(stage_map.source_system, records.source_system) = records.source_system
                and {moment} >= stage_map.valid_from
                and {moment} < coalesce(stage_map.valid_to, timestamp '9999-12-31')
        where records._outcome = 'staged' and {condition}
        group by 1, 2, 3
    ) as mapped
"""
STATUS_CHANGES = MAPPED.format(
    key="event_id",
    records="{lead_status_changes}",
    word=normalised_word("records.to_status"),
    field="coalesce(records.status_field, 'lifecycle')",
    moment="records.changed_at",
    condition="true",
)
WON_BY_STAGE = MAPPED.format(
    key="opportunity_id",
    records="{opportunities}",
    word=normalised_word("records.stage"),
    field="'lifecycle'",
    moment="coalesce(records.closed_at, records.created_at)",
    condition="records.is_won is null",
)
OPPORTUNITIES = f"""
    select source_system, lead_id, 'opportunity' as stage_key
    from {{opportunities}} where _outcome = 'staged'
    union all
    select source_system, lead_id, 'customer' as stage_key
    from {{opportunities}} where _outcome = 'staged' and is_won
    union all
    select * from ({WON_BY_STAGE}) where stage_key = 'customer'
"""
ORDERS = """
    select source_system, lead_id, 'customer' as stage_key
    from {orders} where _outcome = 'staged' and status in (select order_status from paid)
"""
ORDERS_OF_OPPORTUNITIES = """
    select orders.source_system, opportunities.lead_id, 'customer' as stage_key
    from {orders} as orders
    inner join {opportunities} as opportunities using (source_system, opportunity_id)
    where
        orders._outcome = 'staged'
        and opportunities._outcome = 'staged'
        and orders.lead_id is null
        and orders.status in (select order_status from paid)
"""
EVIDENCE = {
    ("lead_status_changes",): STATUS_CHANGES,
    ("opportunities",): OPPORTUNITIES,
    ("orders",): ORDERS,
    ("orders", "opportunities"): ORDERS_OF_OPPORTUNITIES,
}
"""Evidence of stages by the contract tables that it rests on.

What only a build knows is left out: persons behind several leads, and MQLs by rules about
activities.
"""


def stage_leads(landed: Landed) -> tuple[StageLeads, ...]:
    """Leads by stage, in the order of the stages; empty where the source fills no leads."""
    if not landed.fills("leads"):
        return ()
    tables = {name: records(name) for name in ("lead_status_changes", "opportunities", "orders")}
    evidence = " union all ".join(
        f"({query.format_map(tables)})"
        for needed, query in EVIDENCE.items()
        if all(map(landed.fills, needed))
    )
    found = landed.rows(
        f"""
        with stages as (
            select stage_key, ordinal, row_number() over () as position
            from {_seed("stages")}
        ),

        paid as (select order_status from {_seed("order_statuses")} where is_paid),

        leads as (
            select source_system, lead_id
            from {records("leads")}
            where _outcome = 'staged'
                and not coalesce(is_test, false) and not coalesce(is_deleted, false)
        ),

        reached as (
            select distinct leads.source_system, leads.lead_id, stages.stage_key, stages.ordinal
            from leads
            inner join (
                select source_system, lead_id, 'lead' as stage_key from leads
                union all
                {evidence or "select null, null, null where false"}
            ) as evidence using (source_system, lead_id)
            inner join stages using (stage_key)
        ),

        furthest as (
            select source_system, lead_id, max(ordinal) as ordinal from reached group by all
        )

        select
            stages.stage_key,
            (select count(*) from reached where reached.stage_key = stages.stage_key),
            (select count(*) from furthest where furthest.ordinal >= stages.ordinal)
        from stages
        order by stages.position
        """
    )
    return tuple(
        StageLeads(stage, leads or None, (at_least or leads) if leads else None)
        for stage, leads, at_least in found
    )


def _seed(name: str) -> str:
    return f"read_csv({file_literal(PROJECT_DIR / 'seeds' / f'{name}.csv')})"
