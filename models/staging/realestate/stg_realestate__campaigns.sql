{{ config(enabled=source_is_on('realestate')) }}

with

source as (

    select * from {{ source('realestate', 'campaigns') }}

),

{{ conform('campaigns', source_name='realestate', columns={
    'campaign_id': 'id',
    'name': 'project_name',
    'channel': "'paid_social'",
    'start_date': 'start_time',
    'end_date': 'stop_time',
}) }}

select * from conformed
