with

source as (

    select * from {{ source('marketo', 'activity_change_data_value') }}
    where primary_attribute_value = 'Lead Status'

),

{{ conform({
    'event_id': 'id',
    'lead_id': 'lead_id',
    'changed_at': 'activity_date',
    'from_status': 'old_value',
    'to_status': 'new_value',
    'reason': 'reason',
}) }}

select * from conformed
