{{ config(enabled=source_is_on('files')) }}

with

source as (

    select * from {{ source('files', 'orders') }}

),

{{ conform('orders', source_name='files') }}

select * from conformed
