with

source as (

    select * from {{ source('changelog', 'users') }} where role_name <> 'Support'

),

{{ conform({
    'rep_id': 'id',
    'valid_from': 'created',
    'name': 'name',
    'role': 'role_name',
}) }}

select * from conformed
