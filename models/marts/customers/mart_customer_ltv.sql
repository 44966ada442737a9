{%- set keys = ['period_type', 'period_start_date', 'segment_type', 'segment_value'] %}
with

acquired_customers as (

    select * from {{ ref('fct_acquired_customers') }}

),

subscribed as (

    select * from {{ ref('fct_customer_retention') }}

),

customers as (

    select * from {{ ref('dim_customers') }} where has_person

),

purchases as (

    select
        customer_key,
        purchased_date,
        net_amount,
        margin_amount
    from {{ ref('fct_purchases') }}
    where margin_amount is not null

),

costs_of_channels as (

    select
        month_start_date,
        cost_amount,
        case when channel = 'unassigned' then 'unallocated' else channel end as channel
    from {{ ref('fct_allocated_costs') }}
    where segment_type = 'channel'

),

days as (

    select * from {{ ref('dim_date_periods') }}

),

periods as (

    select
        period_type,
        period_start_date,
        period_type = 'all' or max(date_day) < max(period_end_date) as is_provisional
    from days
    group by 1, 2

),

acquired as (

    select
        days.period_type,
        days.period_start_date,
        {{ segment_type() }} as segment_type,
        {{ segment_value() }} as segment_value,
        count(*) as new_customers,
        count(acquired_customers.net_revenue_amount) as buying_customers,
        sum(coalesce(acquired_customers.net_revenue_amount, 0)) as net_revenue,
        sum(acquired_customers.net_revenue_with_cogs_amount) as net_revenue_with_cogs,
        sum(acquired_customers.margin_amount) as margin
    from acquired_customers
    inner join days on acquired_customers.converted_date = days.date_day
    group by {{ segment_grouping_sets(['days.period_type', 'days.period_start_date']) }}

),

costs as (

    select
        days.period_type,
        days.period_start_date,
        {{ segment_type(['channel']) }} as segment_type,
        {{ segment_value(['channel']) }} as segment_value,
        sum(costs_of_channels.cost_amount) as cost
    from costs_of_channels
    inner join days on costs_of_channels.month_start_date = days.date_day
    group by {{ segment_grouping_sets(['days.period_type', 'days.period_start_date'], ['channel']) }}

),

bought as (

    select
        days.period_type,
        days.period_start_date,
        {{ segment_type() }} as segment_type,
        {{ segment_value() }} as segment_value,
        cast(sum(purchases.margin_amount) as double) / nullif(cast(sum(purchases.net_amount) as double), 0)
            as gross_margin_rate
    from purchases
    inner join customers on purchases.customer_key = customers.customer_key
    inner join days on purchases.purchased_date = days.date_day
    group by {{ segment_grouping_sets(['days.period_type', 'days.period_start_date']) }}

),

scaffold as (

    select period_type, period_start_date, segment_type, segment_value from acquired
    union
    select period_type, period_start_date, segment_type, segment_value from costs
    union
    select period_type, period_start_date, segment_type, segment_value from subscribed

),

measured as (

    select
        scaffold.*,
        periods.is_provisional,
        coalesce(acquired.new_customers, 0) as new_customers,
        coalesce(acquired.buying_customers, 0) as buying_customers,
        coalesce(acquired.net_revenue, 0) as net_revenue,
        cast(acquired.net_revenue_with_cogs as double) / nullif(cast(acquired.net_revenue as double), 0)
            as known_cogs_share,
        cast(acquired.net_revenue as double) / acquired.new_customers as revenue_per_customer,
        cast(acquired.margin as double) / nullif(cast(acquired.net_revenue_with_cogs as double), 0)
            as cohort_margin_rate,
        costs.cost,
        cast(costs.cost as double) / acquired.new_customers as cac,
        coalesce(subscribed.subscribers, 0) as subscribers,
        coalesce(subscribed.customer_months, 0) as customer_months,
        coalesce(subscribed.churned_customers, 0) as churned_customers,
        subscribed.monthly_churn_rate,
        subscribed.monthly_churn_rate_low,
        subscribed.monthly_churn_rate_high,
        subscribed.average_mrr_amount,
        bought.gross_margin_rate,
        subscribed.churned_customers > 0 and not {{ is_small_n('subscribed.subscribers') }} as is_projectable
    from scaffold
    inner join periods on {{ same_keys('scaffold', 'periods', ['period_type', 'period_start_date']) }}
    left join acquired on {{ same_keys('scaffold', 'acquired', keys) }}
    left join costs on {{ same_keys('scaffold', 'costs', keys) }}
    left join subscribed on {{ same_keys('scaffold', 'subscribed', keys) }}
    left join bought on {{ same_keys('scaffold', 'bought', keys) }}

),

valued as (

    select
        *,
        revenue_per_customer * cohort_margin_rate as observed_ltv,
        average_mrr_amount * gross_margin_rate as monthly_margin
    from measured

),

final as (

    select
        period_type,
        segment_type,
        segment_value,
        new_customers,
        buying_customers,
        cast(cost as decimal(18, 2)) as cost_amount,
        cac as cac_amount,
        cast(net_revenue as decimal(18, 2)) as net_revenue_amount,
        revenue_per_customer as revenue_per_customer_amount,
        cohort_margin_rate,
        known_cogs_share,
        observed_ltv as observed_ltv_amount,
        subscribers,
        customer_months,
        churned_customers,
        monthly_churn_rate,
        monthly_churn_rate_low,
        monthly_churn_rate_high,
        average_mrr_amount,
        gross_margin_rate,
        monthly_margin as monthly_margin_amount,
        case when is_projectable then monthly_margin / monthly_churn_rate end as projected_ltv_amount,
        case when is_projectable then monthly_margin / monthly_churn_rate_high end as projected_ltv_amount_low,
        case when is_projectable then monthly_margin / monthly_churn_rate_low end as projected_ltv_amount_high,
        observed_ltv / nullif(cac, 0) as observed_ltv_to_cac,
        case when is_projectable then monthly_margin / monthly_churn_rate end / nullif(cac, 0) as projected_ltv_to_cac,
        {{ is_small_n('subscribers') }} as is_small_n,
        is_provisional,
        period_start_date
    from valued

)

select * from final
