{{ config(enabled=source_is_on('files')) }}

with

source as (

    select * from {{ source('files', 'costs') }}

),

{{ conform('costs', source_name='files') }}

select * from conformed
