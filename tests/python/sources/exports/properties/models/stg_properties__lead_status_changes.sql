with

source as (

    select
        history.*,
        coalesce(options.label, history.value) as stage_name
    from {{ source('properties', 'contact_property_history') }} as history
    left join {{ newest_rows(source('properties', 'lifecycle_options'), ['value']) }} as options
        on history.value = options.value
    where history.property = 'lifecyclestage'

),

{{ conform({
    'event_id': row_id(['contact_id', 'changed_at']),
    'lead_id': 'contact_id',
    'changed_at': 'changed_at',
    'to_status': 'stage_name',
}) }}

select * from conformed
