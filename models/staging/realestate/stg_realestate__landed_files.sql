{{ config(enabled=source_is_on('realestate')) }}

with

source as (

    select * from {{ source('realestate', 'landed_files') }}

),

{{ landed_files('realestate') }}

select * from renamed
