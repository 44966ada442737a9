{{ config(enabled=source_is_on('files')) }}

with

source as (

    select * from {{ source('files', 'landed_files') }}

),

{{ landed_files('files') }}

select * from renamed
