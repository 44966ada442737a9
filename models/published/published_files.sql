with

source as (

    select * from {{ source('published', 'files') }}

),

final as (

    select distinct file_id from source

)

select * from final
