{# The export has no history of leads: that a lead was converted is all that is known. #}
with

source as (

    select * from {{ source('salesforce', 'lead') }} where lower(is_converted) = 'true'

),

{{ conform({
    'event_id': "id || '-converted'",
    'lead_id': 'id',
    'changed_at': 'converted_date',
    'to_status': 'status',
}) }}

select * from conformed
