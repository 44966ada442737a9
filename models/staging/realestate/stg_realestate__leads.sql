{%- set moment = parse_value(blank_to_null('created_at'), 'timestamp', source_format('realestate')) %}

with

events as (

    select * from {{ source('realestate', 'lead_status_changes') }}

),

ranked as (

    select
        _file_id,
        _source_row,
        row_number() over (
            partition by trim(lead_id)
            order by
                {{ moment }} nulls last, _loaded_at, _source_file, _source_row
        ) as event_number
    from events
    where lead_id is not null

),

source as (

    select events.*
    from events
    semi join ranked
        on
            events._file_id = ranked._file_id
            and events._source_row = ranked._source_row
            and ranked.event_number = 1

),

{{ conform({
    'lead_id': 'lead_id',
    'created_at': 'created_at',
}) }}

select * from conformed
