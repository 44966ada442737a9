{{ config(enabled=source_is_on('files')) }}

with

source as (

    select * from {{ source('files', 'campaigns') }}

),

{{ conform('campaigns', source_name='files') }}

select * from conformed
