with

source as (

    select * from {{ source('published', 'metric_members') }}

)

select * from source
