-- The pipeline of all months and what is unscheduled = the open opportunities; won and lost and open = promised; a rate
-- lies within its interval.
with opportunities as (

    select
        count(*) filter (where is_open) as open_opportunities,
        count(*) filter (where is_won) as won_opportunities,
        count(*) filter (
            where first_expected_close_date is not null and (is_open or not is_won or closed_date is not null)
        ) as promised_opportunities
    from {{ ref('fct_opportunity_forecasts') }}
    where is_counted

),

pipeline as (

    select
        coalesce(sum(open_opportunities), 0) as open_opportunities,
        coalesce(sum(won_opportunities), 0) as won_opportunities
    from {{ ref('mart_pipeline') }}
    where segment_type = 'all' and period_type in ('month', 'unscheduled')

),

promised as (

    select
        coalesce(sum(promised_opportunities), 0) as promised_opportunities,
        coalesce(
            sum(won_on_time_opportunities + won_late_opportunities + lost_opportunities + open_opportunities), 0
        ) as outcomes
    from {{ ref('mart_pipeline_slippage') }}
    where segment_type = 'all'

),

rates as (

    select count(*) as outside
    from (
        select won_on_time_rate as rate, won_on_time_rate_low as low, won_on_time_rate_high as high
        from {{ ref('mart_pipeline_slippage') }}
        union all
        select slippage_rate as rate, slippage_rate_low as low, slippage_rate_high as high
        from {{ ref('mart_pipeline_slippage') }}
        union all
        select customer_churn_rate as rate, customer_churn_rate_low as low, customer_churn_rate_high as high
        from {{ ref('mart_customer_churn') }}
        union all
        select monthly_churn_rate as rate, monthly_churn_rate_low as low, monthly_churn_rate_high as high
        from {{ ref('mart_customer_ltv') }}
    ) as all_rates
    where rate < 0 or rate > 1 or low < 0 or high > 1 or low > rate + 1e-9 or high < rate - 1e-9

)

select
    opportunities.*,
    pipeline.open_opportunities as pipeline_opportunities,
    promised.outcomes,
    rates.outside
from opportunities
cross join pipeline
cross join promised
cross join rates
where
    opportunities.open_opportunities != pipeline.open_opportunities
    or opportunities.won_opportunities != pipeline.won_opportunities
    or opportunities.promised_opportunities != promised.promised_opportunities
    or promised.promised_opportunities != promised.outcomes
    or rates.outside > 0
