-- An account is a customer exactly where a deal of it was won or a person of it is one.
with

customers as (

    select distinct account_key
    from {{ ref('fct_account_stages') }}
    where account_stage = 'customer' and state in ('entered', 'entered_without_moment')

),

wins as (

    select bridge.account_key
    from {{ ref('bridge_account_deals') }} as bridge
    inner join {{ ref('fct_opportunities') }} as deals on bridge.opportunity_key = deals.opportunity_key
    where deals.is_won
    union
    select bridge.account_key
    from {{ ref('bridge_account_persons') }} as bridge
    inner join {{ ref('fct_stage_stints') }} as stints on bridge.person_key = stints.person_key
    where bridge.is_primary and stints.stage = 'customer'

)

select coalesce(customers.account_key, wins.account_key) as account_key
from customers
full outer join wins on customers.account_key = wins.account_key
where customers.account_key is null or wins.account_key is null
