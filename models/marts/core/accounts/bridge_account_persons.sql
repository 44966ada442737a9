with

persons as (

    select * from {{ ref('int_account_persons') }}

),

final as (

    select
        account_key,
        person_key,
        match_rule,
        match_strength,
        lead_count,
        is_primary
    from persons

)

select * from final
