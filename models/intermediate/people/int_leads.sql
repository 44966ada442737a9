with

leads as (

    select * from {{ ref('int_leads_versioned') }} where _outcome = 'staged'

),

final as (

    select
        {{ surrogate_key(['source_system', 'lead_id']) }} as lead_key,
        source_system,
        lead_id,
        case
            when {{ full_match('lower(trim(email))', '[^@ ]+@[^@ ]+[.][^@ ]+') }} then lower(trim(email))
        end as email,
        coalesce(is_test, false) as is_test,
        coalesce(is_deleted, false) as is_deleted,
        created_at,
        created_at > as_of.as_of as is_after_as_of
    from leads
    cross join {{ ref('int_as_of') }} as as_of

)

select * from final
