{{ config(enabled=source_is_on('realestate')) }}

with

source as (

    select * from {{ source('realestate', 'lead_status_changes') }}

),

{{ conform('lead_status_changes', source_name='realestate', columns={
    'event_id': row_id(['lead_id', 'status', 'created_at']),
    'lead_id': 'lead_id',
    'changed_at': 'created_at',
    'to_status': 'status',
}) }}

select * from conformed
