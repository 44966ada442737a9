with

status_changes as (

    select * from {{ ref('int_status_changes') }} where not is_after_as_of

),

-- without a person: a lead that was never landed, or one that counts for nobody
final as (

    select
        status_change_key,
        person_key,
        {{ surrogate_key(['source_system', 'changed_by_rep_id']) }} as rep_key,
        source_system,
        event_id,
        from_status,
        to_status,
        stage_key as stage,
        reason,
        is_mapped,
        {{ reporting_date('changed_at') }} as changed_date,
        changed_at
    from status_changes

)

select * from final
