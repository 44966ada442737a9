with

leads as (

    select * from {{ ref('int_lead_accounts') }} where account_key is not null

),

pairs as (

    select
        account_key,
        person_key,
        count(*) as lead_count,
        bool_or(match_strength = 'strong') as is_linked,
        min(created_at) as first_lead_at
    from leads
    group by 1, 2

),

-- a link goes before a domain, then the account of most leads, then the earliest
final as (

    select
        account_key,
        person_key,
        lead_count,
        case when is_linked then 'link' else 'email_domain' end as match_rule,
        case when is_linked then 'strong' else 'weak' end as match_strength,
        row_number() over (
            partition by person_key
            order by case when is_linked then 0 else 1 end asc, lead_count desc, first_lead_at asc, account_key asc
        ) = 1 as is_primary
    from pairs

)

select * from final
