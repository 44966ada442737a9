{{ config(materialized='view') }}

with

activities as (

    select * from {{ ref('int_activities_versioned') }} where _outcome = 'staged'

),

leads as (

    select * from {{ ref('int_lead_persons') }}

),

addressed as (

    select * from {{ ref('int_addressed_activities') }}

),

activity_types as (

    select * from {{ ref('activity_types') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

final as (

    select
        activities.source_system,
        activities.activity_id,
        activities.lead_id,
        case when activities.lead_id is null then {{ normalised_email('activities.email') }} end as address,
        activities.visitor_id,
        activities.opportunity_id,
        activities.rep_id,
        activities.campaign_id,
        coalesce(leads.lead_key, addressed.lead_key) as lead_key,
        coalesce(leads.person_key, addressed.person_key) as person_key,
        coalesce(leads.disposition, addressed.disposition) as disposition,
        activities.activity_type,
        coalesce(activity_types.mechanism, 'other') as mechanism,
        activities.direction,
        activities.channel,
        activities.outcome,
        activities.asset,
        activities.duration_seconds,
        coalesce(activities.is_automated, false) as is_automated,
        coalesce(activity_types.is_late_stage, false) as is_late_stage,
        coalesce(activity_types.is_human_outbound, false)
        and not coalesce(activities.is_automated, false)
        and coalesce(activities.direction, 'out') = 'out' as is_human_outbound,
        coalesce(activities.is_planned, false)
        or activities.occurred_at > greatest(activities._loaded_at, as_of.as_of) as is_planned,
        coalesce(activities.is_planned, false)
        or activities.occurred_at > as_of.as_of
        or coalesce(activities.occurred_at < as_of.begins_at, false) as is_after_as_of,
        activities.occurred_day,
        activities.occurred_at
    from activities
    cross join as_of
    left join leads
        on activities.source_system = leads.source_system and activities.lead_id = leads.lead_id
    left join addressed
        on activities.source_system = addressed.source_system and activities.activity_id = addressed.activity_id
    left join activity_types on activities.activity_type = {{ canonical_word('activity_types.activity_type') }}

)

select * from final
