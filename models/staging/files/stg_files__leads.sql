{{ config(enabled=source_is_on('files')) }}

with

source as (

    select * from {{ source('files', 'leads') }}

),

{{ conform('leads', source_name='files') }}

select * from conformed
