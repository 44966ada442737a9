{{ config(enabled=source_is_on('files')) }}

with

source as (

    select * from {{ source('files', 'opportunities') }}

),

{{ conform('opportunities', source_name='files') }}

select * from conformed
