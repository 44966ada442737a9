with

source as (

    select * from {{ source('eventlog', 'events') }}
    where event_type in ('call', 'email', 'meeting', 'meeting.booked')

),

{{ conform({
    'activity_id': 'event_id',
    'lead_id': 'contact_id',
    'rep_id': 'agent_id',
    'activity_type': 'event_type',
    'occurred_at': '"at"',
    'is_planned': "case when event_type = 'meeting.booked' then 'true' end",
    'direction': "'out'",
    'duration_seconds': 'seconds',
}) }}

select * from conformed
