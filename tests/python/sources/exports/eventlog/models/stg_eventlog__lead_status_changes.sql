with

source as (

    select * from {{ source('eventlog', 'events') }} where event_type = 'contact.status'

),

{{ conform({
    'event_id': 'event_id',
    'lead_id': 'contact_id',
    'changed_at': '"at"',
    'to_status': 'status',
    'changed_by_rep_id': 'agent_id',
}) }}

select * from conformed
