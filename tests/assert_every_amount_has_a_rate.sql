-- A missing exchange rate stops the build: an amount that silently became null would make every total too small.
-- Remedy: a row in seeds/fx_rates.csv for the currency, valid from that day or before.
with amounts as (

    select 'fct_costs' as fact, currency, cost_date as event_date
    from {{ ref('fct_costs') }}
    where original_amount is not null and cost_amount is null
    union all
    select 'fct_opportunities' as fact, currency, coalesce(closed_date, created_date) as event_date
    from {{ ref('fct_opportunities') }}
    where original_amount is not null and opportunity_amount is null
    union all
    select 'fct_orders' as fact, currency, ordered_date as event_date
    from {{ ref('fct_orders') }}
    where original_amount is not null and order_amount is null
    union all
    select 'fct_stage_counts' as fact, currency, count_date as event_date
    from {{ ref('fct_stage_counts') }}
    where original_amount is not null and won_amount is null
    union all
    select 'fct_subscriptions' as fact, currency, started_date as event_date
    from {{ ref('fct_subscriptions') }}
    where original_amount is not null and mrr_amount is null

),

currencies as (

    select
        coalesce(currency, 'no currency') as currency,
        count(*) as amount_count,
        min(event_date) as first_date,
        min(fact) as first_fact
    from amounts
    group by 1

)

select count(*) as currencies_without_rate
from currencies
having {{ stop_where(
    'count(*) > 0',
    "'no exchange rate for ' || cast(sum(amount_count) as string) || ' amounts in ' || "
    ~ dbt.listagg(
        "currency || ' (' || cast(amount_count as string) || ' from ' || cast(first_date as string) || ' on, in '"
        ~ " || first_fact || ')'",
        "', '",
        'order by currency'
    )
    ~ " || ': add rows to seeds/fx_rates.csv'"
) }}
