-- What the months of reps sum up to is what the facts hold: no effort, deal or MQL is lost or counted twice.
with months as (

    select
        sum(contacts) as contacts,
        sum(opportunities_opened) as opened,
        sum(opportunities_won) as won,
        sum(won_amount) as won_amount,
        sum(mqls_worked) as mqls
    from {{ ref('fct_rep_months') }}

),

efforts as (

    select count(*) as contacts
    from {{ ref('fct_activities') }}
    where is_human_outbound and rep_key is not null and lead_disposition != 'test'

),

deals as (

    select
        count(*) as opened,
        count(*) filter (where is_won and closed_date is not null) as won,
        sum(case when is_won and closed_date is not null then opportunity_amount end) as won_amount
    from {{ ref('fct_opportunities') }}
    where owner_rep_key is not null

),

mqls as (

    select count(distinct cycle_key) as mqls
    from {{ ref('fct_sla_clocks') }}
    where start_stage = 'mql' and contact_rep_key is not null

)

select
    months.*,
    efforts.contacts as due_contacts,
    deals.opened as due_opened,
    deals.won as due_won,
    deals.won_amount as due_won_amount,
    mqls.mqls as due_mqls
from months
cross join efforts
cross join deals
cross join mqls
where
    coalesce(months.contacts, 0) != efforts.contacts
    or coalesce(months.opened, 0) != deals.opened
    or coalesce(months.won, 0) != deals.won
    or coalesce(months.won_amount, 0) != coalesce(deals.won_amount, 0)
    or coalesce(months.mqls, 0) != mqls.mqls
