{{ config(enabled=source_is_on('files')) }}

with

source as (

    select * from {{ source('files', 'lead_merges') }}

),

{{ conform('lead_merges', source_name='files') }}

select * from conformed
