with

source as (

    select * from {{ source('published', 'metric_values') }}

)

select * from source
