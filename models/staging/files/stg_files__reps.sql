{{ config(enabled=source_is_on('files')) }}

with

source as (

    select * from {{ source('files', 'reps') }}

),

{{ conform('reps', source_name='files') }}

select * from conformed
