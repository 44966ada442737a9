with

source as (

    select * from {{ source('eventlog', 'events') }} where event_type = 'contact.created'

),

{{ conform({
    'lead_id': 'contact_id',
    'created_at': '"at"',
    'email': 'email',
}) }}

select * from conformed
