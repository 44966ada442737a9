{{ config(enabled=source_is_on('files')) }}

with

source as (

    select * from {{ source('files', 'targets') }}

),

{{ conform('targets', source_name='files') }}

select * from conformed
