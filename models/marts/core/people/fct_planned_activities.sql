with

activities as (

    select * from {{ ref('int_activities') }} where is_planned

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

final as (

    select
        {{ surrogate_key(['activities.source_system', 'activities.activity_id']) }} as activity_key,
        activities.person_key,
        {{ surrogate_key(['activities.source_system', 'activities.rep_id']) }} as rep_key,
        {{ surrogate_key(['activities.source_system', 'activities.campaign_id']) }} as campaign_key,
        activities.source_system,
        activities.activity_id,
        case
            when coalesce(activities.lead_id, activities.address) is null then 'visitor'
            else coalesce(activities.disposition, 'unknown_lead')
        end as lead_disposition,
        activities.activity_type,
        activities.mechanism,
        activities.direction,
        coalesce(activities.channel, 'unassigned') as channel,
        activities.outcome,
        activities.asset,
        activities.occurred_at <= as_of.as_of as is_overdue,
        {{ reporting_date('activities.occurred_at') }} as planned_date,
        activities.occurred_at as planned_at
    from activities
    cross join as_of

)

select * from final
