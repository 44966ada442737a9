{%- set of_row = '_file_id, _source_file, _source_row, _loaded_at, _load_error' %}
with

source as (

    select
        id, who_id, owner_id, task_subtype as kind, completed_date_time as happened_at,
        call_duration_in_seconds as seconds, {{ of_row }}
    from {{ source('salesforce', 'task') }}
    where status = 'Completed'

    union all

    select
        id, who_id, owner_id, 'Event' as kind, start_date_time as happened_at,
        cast(try_cast(duration_in_minutes as bigint) * 60 as string) as seconds, {{ of_row }}
    from {{ source('salesforce', 'event') }}
    where coalesce(lower(is_child), 'false') <> 'true'

),

{{ conform({
    'activity_id': 'id',
    'lead_id': 'who_id',
    'rep_id': 'owner_id',
    'activity_type': 'kind',
    'occurred_at': 'happened_at',
    'direction': "'out'",
    'duration_seconds': 'seconds',
}) }}

select * from conformed
