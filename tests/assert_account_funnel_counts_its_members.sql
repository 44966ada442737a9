-- The whole and each kind of segment count every member of a step once.
with

members as (

    select
        from_stage,
        count(*) as accounts
    from {{ ref('fct_account_transitions') }}
    group by 1

),

counted as (

    select
        from_stage,
        segment_type,
        sum(accounts) as accounts
    from {{ ref('mart_account_funnel') }}
    group by 1, 2

)

select counted.*
from counted
left join members on counted.from_stage = members.from_stage
where members.accounts is null or counted.accounts != members.accounts
