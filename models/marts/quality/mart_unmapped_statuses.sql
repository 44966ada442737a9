with

status_changes as (

    select * from {{ ref('fct_status_changes') }} where not is_mapped

),

final as (

    select
        source_system,
        status_field,
        to_status as status,
        count(*) as event_count,
        count(distinct person_key) as person_count,
        min(changed_at) as first_changed_at,
        max(changed_at) as last_changed_at
    from status_changes
    group by 1, 2, 3

)

select * from final
