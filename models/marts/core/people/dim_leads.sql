with

leads as (

    select * from {{ ref('int_lead_persons') }} where is_landed

),

final as (

    select
        lead_key,
        person_key,
        source_system,
        lead_id,
        disposition,
        {{ reporting_date('created_at') }} as created_date,
        created_at
    from leads

)

select * from final
