with

accounts as (

    select * from {{ ref('int_accounts') }}

),

bands as (

    select * from {{ ref('account_size_bands') }}

),

reps as (

    select * from {{ ref('dim_reps') }}

),

banded as (

    select
        accounts.account_key,
        max_by(bands.size_band, bands.min_employees) as size_band
    from accounts
    inner join bands on accounts.employee_count >= bands.min_employees
    group by 1

),

final as (

    select
        accounts.account_key,
        accounts.parent_account_key,
        reps.rep_key as owner_rep_key,
        accounts.source_system,
        accounts.account_id,
        coalesce(accounts.industry, 'unassigned') as industry,
        coalesce(banded.size_band, 'unassigned') as size_band,
        coalesce(accounts.country, 'unassigned') as country,
        coalesce(reps.team, 'unassigned') as owner_team,
        accounts.employee_count,
        accounts.annual_revenue as annual_revenue_amount,
        accounts.created_at
    from accounts
    left join banded on accounts.account_key = banded.account_key
    left join reps
        on accounts.source_system = reps.source_system and accounts.owner_rep_id = reps.rep_id

)

select * from final
