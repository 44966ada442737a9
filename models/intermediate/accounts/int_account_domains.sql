with

accounts as (

    select * from {{ ref('int_accounts') }} where domain is not null

),

free_mail as (

    select * from {{ ref('free_mail_domains') }}

),

claims as (

    select
        domain,
        count(*) as account_count,
        min(account_key) as account_key
    from accounts
    group by 1

),

final as (

    select
        claims.domain,
        claims.account_count,
        case
            when free_mail.domain is not null then 'free_mail'
            when claims.account_count > 1 then 'shared'
            else 'own'
        end as domain_kind,
        case when free_mail.domain is null and claims.account_count = 1 then claims.account_key end as account_key
    from claims
    left join free_mail on claims.domain = free_mail.domain

)

select * from final
