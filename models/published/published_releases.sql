with

source as (

    select * from {{ source('published', 'releases') }}

)

select * from source
