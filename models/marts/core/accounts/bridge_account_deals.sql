with

deals as (

    select * from {{ ref('int_opportunity_accounts') }}

),

final as (

    select
        account_key,
        opportunity_key,
        match_rule
    from deals

)

select * from final
