-- Grown from a loop; `dbt compile -s int_stage_evidence` shows the SQL.
{% set others = [
    ('lead', "'creation'", 'persons', 'lead_id', none, none, 'created'),
    ('mql', "'mql_rule:' || rule_key", 'mql_rule_events', 'activity_id', none, none, 'occurred'),
    ('opportunity', "'opportunity_created'", 'deals', 'opportunity_id', 'owner_rep_id', none, 'created'),
    ('customer', 'evidence', 'customer_evidence', 'evidence_id', 'rep_id', none, 'occurred'),
    ('lost', "'opportunity_lost'", 'deal_losses', 'opportunity_id', 'owner_rep_id', 'lost_reason', 'lost'),
] %}

with

persons as (

    select * from {{ ref('int_lead_persons') }} where person_key is not null and created_at is not null

),

status_changes as (

    select status_changes.*
    from {{ ref('int_status_changes_ordered') }} as status_changes
    anti join {{ ref('int_overruled_status_changes') }} as overruled
        on status_changes.status_change_key = overruled.status_change_key
    where status_changes.status_field is distinct from 'working'

),

working_evidence as (

    select * from {{ ref('int_working_evidence') }}

),

stages as (

    select * from {{ ref('stages') }}

),

mql_rule_events as (

    select * from {{ ref('int_mql_rule_events') }}

),

deals as (

    select * from {{ ref('int_person_deals') }}

),

customer_evidence as (

    select * from {{ ref('int_customer_evidence') }}

),

deal_losses as (

    select * from {{ ref('int_deal_losses') }}

),

-- A change of the lifecycle says where the person is, even backwards. All other evidence says that the person got at
-- least this far: it moves forward, or out of a side stage, or not at all. The last deal that is lost, and a working
-- status that is declared to give up, end what is under way.
evidence as (

    select
        person_key,
        stage_key,
        'status_change' as evidence,
        source_system,
        event_id as evidence_id,
        changed_by_rep_id as rep_id,
        reason,
        true as is_status,
        position as status_position,
        changed_day as occurred_day,
        changed_at as occurred_at
    from status_changes
    where stage_key is not null
    union all
    select
        person_key,
        stage_key,
        'working_status' as evidence,
        source_system,
        event_id as evidence_id,
        changed_by_rep_id as rep_id,
        reason,
        false as is_status,
        cast(null as bigint) as status_position,
        changed_day as occurred_day,
        changed_at as occurred_at
    from working_evidence
    {% for stage, evidence, relation, id, rep_id, reason, occurred in others %}
    union all
    select
        person_key,
        '{{ stage }}' as stage_key,
        {{ evidence }} as evidence,
        source_system,
        {{ id }} as evidence_id,
        {{ rep_id or 'cast(null as string)' }} as rep_id,
        {{ reason or 'cast(null as string)' }} as reason,
        false as is_status,
        cast(null as bigint) as status_position,
        {{ occurred }}_day as occurred_day,
        {{ occurred }}_at as occurred_at
    from {{ relation }}
    {% endfor %}

),

staged as (

    select
        evidence.*,
        coalesce(stages.ordinal, 0) as ordinal,
        stages.section = 'side' as is_side,
        case when stages.section = 'side' then 99 else stages.ordinal end as rank_of_stage
    from evidence
    inner join stages on evidence.stage_key = stages.stage_key

),

-- what has a day alone lies on it behind the moments of the stages before its own
timed as (

    select
        *,
        case
            when occurred_day is not null
                then greatest(
                    occurred_at,
                    max(case when occurred_day is null then occurred_at end) over (
                        partition by person_key, {{ reporting_date('occurred_at') }}
                        order by rank_of_stage, case when occurred_day is null then 1 else 0 end
                        rows between unbounded preceding and current row
                    )
                )
            else occurred_at
        end as ordered_at
    from staged

),

-- A person's history begins with the first creation. What is dated before it, by another clock or in an older system,
-- only keeps its order behind it. Among events of one moment the earlier stage comes first; status changes keep the
-- order that they have, so one that follows a later stage at the same moment stays behind it.
ranked as (

    select
        *,
        evidence = 'creation'
        and row_number() over (
            partition by person_key, evidence order by occurred_at, source_system, evidence_id
        ) = 1 as is_beginning,
        max(rank_of_stage) over (
            partition by person_key, is_status, ordered_at
            order by status_position, case when is_status then 0 else rank_of_stage end
            rows between unbounded preceding and current row
        ) as rank_in_moment
    from timed

),

final as (

    select
        person_key,
        stage_key,
        evidence,
        source_system,
        evidence_id,
        rep_id,
        reason,
        ordinal,
        is_side,
        is_status,
        row_number() over (
            partition by person_key
            order by
                case when is_beginning then 0 else 1 end,
                ordered_at,
                rank_in_moment,
                case when evidence = 'creation' then 0 when is_status then 1 else 2 end,
                status_position nulls last,
                evidence,
                source_system,
                evidence_id
        ) as position,
        case when occurred_day is null then 'exact' else 'day' end as moment_precision,
        ordered_at as occurred_at
    from ranked

)

select * from final
