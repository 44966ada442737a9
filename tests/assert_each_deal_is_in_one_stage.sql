-- Stints of a deal follow each other without a gap from its opening; the last one is open, and says what the record
-- says.
with

stints as (

    select
        *,
        lag(exited_at) over (partition by opportunity_key order by stint_number) as left_before
    from {{ ref('fct_deal_stage_stints') }}

),

opportunities as (

    select
        opportunities.*,
        case when opportunities.is_open then 'open' when opportunities.is_won then 'won' else 'lost' end as outcome,
        least(opportunities.created_at, coalesce(opportunities.closed_at, opportunities.created_at)) as opened_at
    from {{ ref('fct_opportunities') }} as opportunities
    inner join {{ ref('fct_opportunity_forecasts') }} as forecasts
        on opportunities.opportunity_key = forecasts.opportunity_key
    where forecasts.is_counted and not opportunities.has_unknown_close

),

lives as (

    select
        opportunity_key,
        min(entered_at) as opened_at,
        max(case when not is_current then null when is_closed then stage else 'open' end) as outcome,
        count(case when is_current then 1 end) as current_stints,
        count(case when stint_number > 1 and left_before is distinct from entered_at then 1 end) as gaps
    from stints
    group by 1

)

select
    coalesce(opportunities.opportunity_key, lives.opportunity_key) as opportunity_key,
    opportunities.outcome as outcome_of_record,
    lives.outcome as outcome_of_stints,
    lives.gaps
from opportunities
full outer join lives on opportunities.opportunity_key = lives.opportunity_key
where
    opportunities.opportunity_key is null
    or lives.opportunity_key is null
    or lives.current_stints != 1
    or lives.gaps > 0
    or lives.outcome != opportunities.outcome
    or lives.opened_at != opportunities.opened_at
