-- Every cut of mart_campaign_roi adds up to the facts, per period and model: nothing is lost or doubled. A month of
-- which the facts know nothing, with an MQL of an older lead alone, expects zeros.
{% set keys = ['period_type', 'period_start_date', 'segment_type', 'attribution_model'] %}
with

cuts as (

    select
        {{ keys | join(', ') }},
        sum(full_cost_amount) as full_cost,
        sum(
            {%- for cost_type in cost_types() %}
            {{ cost_type }}_cost_amount{{ ' +' if not loop.last }}
            {%- endfor %}
        ) as cost_by_type,
        sum(leads) as leads,
        sum(mqls) as mqls,
        sum(sqls) as sqls,
        sum(customers) as customers,
        sum(attributed_customers) as attributed_customers,
        sum(attributed_revenue_amount) as attributed_revenue
    from {{ ref('mart_campaign_roi') }}
    group by {{ keys | join(', ') }}

),

facts as (

    select
        cast(date_trunc('month', cost_date) as date) as month_start,
        'cost' as fact,
        cost_amount as amount
    from {{ ref('fct_costs') }}
    union all
    select
        cast(date_trunc('month', created_date) as date) as month_start,
        'lead' as fact,
        1 as amount
    from {{ ref('dim_persons') }}
    union all
    select
        cast(date_trunc('month', converted_date) as date) as month_start,
        'customer' as fact,
        1 as amount
    from {{ ref('fct_new_customers') }}
    union all
    select
        cast(date_trunc('month', converted_date) as date) as month_start,
        'revenue' as fact,
        revenue_amount as amount
    from {{ ref('fct_new_customers') }}

),

expected as (

    select
        month_start,
        coalesce(sum(case when fact = 'cost' then amount end), 0) as cost,
        coalesce(sum(case when fact = 'lead' then amount end), 0) as leads,
        coalesce(sum(case when fact = 'customer' then amount end), 0) as customers,
        coalesce(sum(case when fact = 'revenue' then amount end), 0) as revenue
    from facts
    group by grouping sets ((month_start), ())

),

wholes as (

    select
        *,
        month_start is null as is_all
    from expected

)

select
    cuts.*,
    wholes.cost as expected_cost,
    wholes.leads as expected_leads,
    wholes.customers as expected_customers,
    wholes.revenue as expected_revenue
from cuts
left join wholes
    on cuts.period_start_date is not distinct from wholes.month_start and (cuts.period_type = 'all') = wholes.is_all
where
    coalesce(cuts.full_cost, 0) != coalesce(wholes.cost, 0)
    or coalesce(cuts.cost_by_type, 0) != coalesce(wholes.cost, 0)
    or cuts.leads != coalesce(wholes.leads, 0)
    or cuts.customers != coalesce(wholes.customers, 0)
    or abs(cuts.attributed_customers - coalesce(wholes.customers, 0)) > 1e-6
    or abs(coalesce(cuts.attributed_revenue, 0) - coalesce(wholes.revenue, 0)) > 0.01
