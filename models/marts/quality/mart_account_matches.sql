with

leads as (

    select * from {{ ref('int_lead_accounts') }}

),

accounts as (

    select distinct source_system from {{ ref('int_accounts') }}

),

counted as (

    select
        source_system,
        match_rule,
        match_strength,
        count(*) as lead_count
    from leads
    group by 1, 2, 3

),

-- a company without accounts has nothing to match
final as (

    select
        source_system,
        match_rule,
        match_strength,
        lead_count,
        cast(lead_count as double) / sum(lead_count) over (partition by source_system) as lead_share
    from counted
    where exists (select 1 from accounts)

)

select * from final
