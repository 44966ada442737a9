with

source as (

    select * from {{ source('marketo', 'program') }} where _fivetran_deleted <> 'TRUE'

),

{{ conform({
    'campaign_id': 'id',
    'name': 'name',
    'channel': 'channel',
    'type': 'type',
    'start_date': 'coalesce(start_date, created_at)',
    'end_date': 'end_date',
}) }}

select * from conformed
