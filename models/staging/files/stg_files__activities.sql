{{ config(enabled=source_is_on('files')) }}

with

source as (

    select * from {{ source('files', 'activities') }}

),

{{ conform('activities', source_name='files') }}

select * from conformed
