{{ config(enabled=source_is_on('olist')) }}

with

source as (

    select * from {{ source('olist', 'landed_files') }}

),

{{ landed_files('olist') }}

select * from renamed
