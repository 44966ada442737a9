with

personas as (

    select * from {{ ref('personas') }}

),

final as (

    select
        persona_key as persona,
        persona_name_en,
        persona_name_es,
        priority,
        target_mql_share,
        is_target
    from personas
    union all
    select
        'unassigned' as persona,
        'Unassigned' as persona_name_en,
        'Sin asignar' as persona_name_es,
        cast(null as int) as priority,
        cast(null as double) as target_mql_share,
        false as is_target

)

select * from final
