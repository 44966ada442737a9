"""The first look at the funnel reads words and ends of deals as the models do."""

import duckdb

from orchestration.source_check.landed import Landed
from orchestration.source_check.stages import stage_leads

RECORDS = """
create schema intermediate;

create table intermediate.int_stage_map as
select cast(null as string) as source_system, *, 'lifecycle' as status_field,
    timestamp '1970-01-01' as valid_from, cast(null as timestamp) as valid_to
from (
    values ('marketing qualified lead', 'mql'), ('closed won', 'customer'), ('closed lost', 'lost')
) as words (status, stage_key)
union all
select null, 'sales accepted lead', 'sal', 'working', timestamp '1970-01-01', null;

create table intermediate.int_leads_versioned as
select 's' as source_system, lead_id::string as lead_id, 'staged' as _outcome, false as is_test,
    false as is_deleted
from range(1, 7) as leads (lead_id);

create table intermediate.int_lead_status_changes_versioned as
select 's' as source_system, '1' as lead_id, 'e1' as event_id, 'staged' as _outcome,
    null as status_field, 'Márketing\u00a0Qualified-Lead' as to_status,
    timestamp '2024-01-01' as changed_at
union all
select 's', '2', 'e2', 'staged', 'working', 'Closed won', timestamp '2024-01-01'
union all
select 's', '3', 'e3', 'staged', 'working', 'Sales accepted lead', timestamp '2024-01-01';

create table intermediate.int_opportunities_versioned as
select 's' as source_system, *, 'staged' as _outcome, timestamp '2024-01-01' as created_at,
    cast(null as timestamp) as closed_at
from (
    values
        ('o2', '2', 'Closed_Won', null),
        ('o3', '3', 'CLOSED LOST', null),
        ('o4', '4', 'Closed Won', false),
        ('o5', '5', 'Proposal', true),
        ('o6', '6', 'Proposal', null)
) as deals (opportunity_id, lead_id, stage, is_won);

create table intermediate.int_orders_versioned as
select '' as source_system, '' as lead_id, '' as opportunity_id, '' as status, '' as _outcome
where false;
"""


def test_stages_by_words_of_either_status_in_any_spelling_and_by_the_end_of_deals() -> None:
    with duckdb.connect() as connection:
        connection.execute(RECORDS)
        found = {stage.stage: stage.leads for stage in stage_leads(Landed(connection, "files"))}
    assert found == {
        **dict.fromkeys(("sql", "recycled", "disqualified", "lost")),
        "lead": 6,
        "mql": 1,
        "sal": 1,
        "opportunity": 5,
        # by its stage, and by is_won, which goes before it
        "customer": 2,
    }
