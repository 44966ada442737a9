with

domains as (

    select * from {{ ref('int_account_domains') }} where domain_kind != 'own'

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

-- the account's own id leads to its domain, which may name a person
final as (

    select
        accounts.account_key,
        accounts.source_system,
        accounts.account_id,
        domains.domain_kind,
        domains.account_count
    from domains
    inner join accounts on domains.domain = accounts.domain

)

select * from final
