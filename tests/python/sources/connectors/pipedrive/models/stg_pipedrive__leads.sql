with

source as (

    select * from {{ source('pipedrive', 'recents') }} where item = 'person' and data_add_time is not null

),

{{ conform({
    'lead_id': 'id',
    'created_at': 'data_add_time',
    'updated_at': 'data_update_time',
    'name': 'data_name',
    'owner_rep_id': 'data_owner_id',
}) }}

select * from conformed
