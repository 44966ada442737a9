with

source as (

    select * from {{ source('hubspot', 'contact_property_history') }} where name = 'lifecyclestage'

),

{{ conform({
    'event_id': row_id(['contact_id', 'timestamp', 'value']),
    'lead_id': 'contact_id',
    'changed_at': 'timestamp',
    'to_status': 'value',
}) }}

select * from conformed
