with

final as (

    select
        reason as unknown_reason,
        text_en as unknown_reason_en,
        text_es as unknown_reason_es
    from {{ ref('unknown_reasons') }}

)

select * from final
