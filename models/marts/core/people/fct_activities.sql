with

activities as (

    select * from {{ ref('int_activities') }} where not is_after_as_of

),

-- without a person: a visitor, a lead that was never landed, or one that counts for nobody (`lead_disposition`)
final as (

    select
        {{ surrogate_key(['source_system', 'activity_id']) }} as activity_key,
        person_key,
        {{ surrogate_key(['source_system', 'rep_id']) }} as rep_key,
        {{ surrogate_key(['source_system', 'campaign_id']) }} as campaign_key,
        {{ surrogate_key(['source_system', 'opportunity_id']) }} as opportunity_key,
        source_system,
        activity_id,
        case
            when coalesce(lead_id, address) is null then 'visitor'
            else coalesce(disposition, 'unknown_lead')
        end as lead_disposition,
        activity_type,
        mechanism,
        direction,
        coalesce(channel, 'unassigned') as channel,
        outcome,
        asset,
        duration_seconds,
        case when occurred_day is null then 'exact' else 'day' end as moment_precision,
        is_automated,
        is_late_stage,
        is_human_outbound,
        {{ reporting_date('occurred_at') }} as occurred_date,
        occurred_at
    from activities

)

select * from final
