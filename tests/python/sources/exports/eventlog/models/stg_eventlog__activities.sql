with

source as (

    select * from {{ source('eventlog', 'events') }} where event_type in ('call', 'email', 'meeting')

),

{{ conform({
    'activity_id': 'event_id',
    'lead_id': 'contact_id',
    'rep_id': 'agent_id',
    'activity_type': 'event_type',
    'occurred_at': '"at"',
    'direction': "'out'",
    'duration_seconds': 'seconds',
}) }}

select * from conformed
