with

domains as (

    select * from {{ ref('int_account_domains') }}

),

final as (

    select
        domain,
        domain_kind,
        account_count
    from domains
    where domain_kind != 'own'

)

select * from final
