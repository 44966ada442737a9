with

stages as (

    select * from {{ ref('stages') }}

),

final as (

    select
        stage_key as stage,
        stage_name_en,
        stage_name_es,
        section,
        cast(ordinal as int) as ordinal,
        section = 'side' as is_side
    from stages

)

select * from final
