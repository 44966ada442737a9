{{ config(enabled=source_is_on('files')) }}

with

source as (

    select * from {{ source('files', 'subscriptions') }}

),

{{ conform('subscriptions', source_name='files') }}

select * from conformed
