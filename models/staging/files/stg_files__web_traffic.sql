{{ config(enabled=source_is_on('files')) }}

with

source as (

    select * from {{ source('files', 'web_traffic') }}

),

{{ conform('web_traffic', source_name='files') }}

select * from conformed
