{{ config(enabled=source_is_on('files')) }}

with

source as (

    select * from {{ source('files', 'bant_assessments') }}

),

{{ conform('bant_assessments', source_name='files') }}

select * from conformed
