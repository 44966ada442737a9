{{ config(enabled=source_is_on('files')) }}

with

source as (

    select * from {{ source('files', 'lead_status_changes') }}

),

{{ conform('lead_status_changes', source_name='files') }}

select * from conformed
