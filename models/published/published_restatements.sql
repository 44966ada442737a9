with

source as (

    select * from {{ source('published', 'restatements') }}

)

select * from source
