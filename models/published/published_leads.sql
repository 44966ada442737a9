with

source as (

    select * from {{ source('published', 'leads') }}

)

select * from source
