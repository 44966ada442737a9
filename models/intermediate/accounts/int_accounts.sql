with

accounts as (

    select * from {{ ref('int_accounts_versioned') }} where _outcome = 'staged'

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

known as (

    select
        {{ surrogate_key(['accounts.source_system', 'accounts.account_id']) }} as account_key,
        accounts.*
    from accounts
    cross join as_of
    where accounts.created_at is null or accounts.created_at <= as_of.as_of

),

final as (

    select
        known.account_key,
        known.source_system,
        known.account_id,
        {{ mail_domain('known.domain') }} as domain,
        known.industry,
        known.country,
        known.owner_rep_id,
        known.employee_count,
        known.annual_revenue,
        known.created_at,
        known.parent_account_id,
        parents.account_key as parent_account_key
    from known
    left join known as parents
        on
            known.source_system = parents.source_system
            and known.parent_account_id = parents.account_id
            and known.account_id != parents.account_id

)

select * from final
