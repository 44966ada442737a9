with

status_changes as (

    select * from {{ ref('int_status_changes') }} where not is_after_as_of

),

overruled as (

    select * from {{ ref('int_overruled_status_changes') }}

),

-- without a person: a lead that was never landed, or one that counts for nobody
final as (

    select
        status_changes.status_change_key,
        status_changes.person_key,
        {{ surrogate_key(['status_changes.source_system', 'status_changes.changed_by_rep_id']) }} as rep_key,
        status_changes.source_system,
        status_changes.event_id,
        status_changes.from_status,
        status_changes.to_status,
        status_changes.stage_key as stage,
        status_changes.reason,
        status_changes.is_mapped,
        case
            when overruled.has_open_deal then 'open_deal'
            when overruled.status_change_key is not null then 'won_deal'
        end as overruled_by,
        {{ reporting_date('status_changes.changed_at') }} as changed_date,
        status_changes.changed_at
    from status_changes
    left join overruled on status_changes.status_change_key = overruled.status_change_key

)

select * from final
