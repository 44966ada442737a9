{%- set moment = parse_value(blank_to_null('created_at'), 'timestamp', source_format('realestate')) %}

with

ranked as (

    select
        *,
        row_number() over (
            partition by trim(lead_id)
            order by
                {{ moment }} nulls last, _loaded_at, _source_file, _source_row
        ) as event_number
    from {{ source('realestate', 'lead_status_changes') }}
    where lead_id is not null

),

source as (

    select * from ranked where event_number = 1

),

{{ conform({
    'lead_id': 'lead_id',
    'created_at': 'created_at',
}) }}

select * from conformed
