-- noqa: disable=LT02
{%- set cut_by = segments() %}
with

dates as (

    select * from {{ ref('dim_dates') }}

),

customers as (

    select * from {{ ref('dim_customers') }} where has_person

),

purchases as (

    select * from {{ ref('fct_purchases') }}

),

subscription_months as (

    select * from {{ ref('fct_subscription_months') }} where is_complete

),

new_customers as (

    select * from {{ ref('fct_new_customers') }}

),

allocated_costs as (

    select * from {{ ref('fct_allocated_costs') }} where segment_type = 'channel'

),

days as (

    {{ days_of_periods('dates') }}

),

periods as (

    select
        period_type,
        period_start,
        max(period_end) as period_end
    from days
    group by 1, 2

),

as_of as (

    select max(date_day) as as_of_date from dates where is_elapsed

),

-- what the person has bought to date, through whichever account
brought_in as (

    select
        person_key,
        sum(net_amount) as net_revenue,
        sum(case when margin_amount is not null then net_amount end) as net_revenue_with_cogs,
        sum(margin_amount) as margin
    from purchases
    group by 1

),

acquired_rows as (

    select
        {%- for segment in cut_by %}
        new_customers.{{ segment }},
        {%- endfor %}
        days.period_type,
        days.period_start,
        brought_in.net_revenue,
        brought_in.net_revenue_with_cogs,
        brought_in.margin
    from new_customers
    inner join days on new_customers.converted_date = days.date_day
    left join brought_in on new_customers.person_key = brought_in.person_key

),

acquired as (

    select
        period_type,
        period_start,
        {{ segment_type(cut_by) }} as segment_type,
        {{ segment_value(cut_by) }} as segment_value,
        count(*) as new_customers,
        count(net_revenue) as buying_customers,
        sum(coalesce(net_revenue, 0)) as net_revenue,
        sum(net_revenue_with_cogs) as net_revenue_with_cogs,
        sum(margin) as margin
    from acquired_rows
    group by {{ segment_grouping_sets(['period_type', 'period_start'], cut_by) }}

),

costs as (

    select
        days.period_type,
        days.period_start,
        'channel' as segment_type,
        case when allocated_costs.channel = 'unassigned' then 'unallocated' else allocated_costs.channel end
            as segment_value,
        sum(allocated_costs.cost_amount) as cost
    from allocated_costs
    inner join days on allocated_costs.month_start_date = days.date_day
    group by 1, 2, 3, 4
    union all
    select
        days.period_type,
        days.period_start,
        'all' as segment_type,
        'all' as segment_value,
        sum(allocated_costs.cost_amount) as cost
    from allocated_costs
    inner join days on allocated_costs.month_start_date = days.date_day
    group by 1, 2

),

-- a customer with several subscriptions is active while one of them is, and leaves with the last
customer_months as (

    select
        customer_key,
        month_start_date,
        bool_or(is_active_at_end) as is_active_at_end,
        sum(case when is_active_at_start then mrr_amount else 0 end) as mrr
    from subscription_months
    group by 1, 2
    having bool_or(is_active_at_start)

),

subscribed_rows as (

    select
        {%- for segment in cut_by %}
        customers.{{ segment }},
        {%- endfor %}
        days.period_type,
        days.period_start,
        customer_months.customer_key,
        customer_months.is_active_at_end,
        customer_months.mrr
    from customer_months
    inner join customers on customer_months.customer_key = customers.customer_key
    inner join days on customer_months.month_start_date = days.date_day

),

subscribed as (

    select
        period_type,
        period_start,
        {{ segment_type(cut_by) }} as segment_type,
        {{ segment_value(cut_by) }} as segment_value,
        count(distinct customer_key) as subscribers,
        count(*) as customer_months,
        count(*) filter (where not is_active_at_end) as churned_customers,
        sum(mrr) as mrr
    from subscribed_rows
    group by {{ segment_grouping_sets(['period_type', 'period_start'], cut_by) }}

),

bought_rows as (

    select
        {%- for segment in cut_by %}
        customers.{{ segment }},
        {%- endfor %}
        days.period_type,
        days.period_start,
        purchases.net_amount,
        purchases.margin_amount
    from purchases
    inner join customers on purchases.customer_key = customers.customer_key
    inner join days on purchases.purchased_date = days.date_day
    where purchases.margin_amount is not null

),

bought as (

    select
        period_type,
        period_start,
        {{ segment_type(cut_by) }} as segment_type,
        {{ segment_value(cut_by) }} as segment_value,
        cast(sum(margin_amount) as double) / nullif(cast(sum(net_amount) as double), 0) as gross_margin_rate
    from bought_rows
    group by {{ segment_grouping_sets(['period_type', 'period_start'], cut_by) }}

),

scaffold as (

    select period_type, period_start, segment_type, segment_value from acquired
    union
    select period_type, period_start, segment_type, segment_value from costs
    union
    select period_type, period_start, segment_type, segment_value from subscribed

),

measured as (

    select
        scaffold.*,
        periods.period_type = 'all' or periods.period_end > as_of.as_of_date as is_provisional,
        cast(coalesce(acquired.new_customers, 0) as bigint) as new_customers,
        cast(coalesce(acquired.buying_customers, 0) as bigint) as buying_customers,
        coalesce(acquired.net_revenue, 0) as net_revenue,
        cast(acquired.net_revenue_with_cogs as double) / nullif(cast(acquired.net_revenue as double), 0)
            as known_cogs_share,
        cast(acquired.net_revenue as double) / acquired.new_customers as revenue_per_customer,
        cast(acquired.margin as double) / nullif(cast(acquired.net_revenue_with_cogs as double), 0)
            as cohort_margin_rate,
        costs.cost,
        cast(costs.cost as double) / acquired.new_customers as cac,
        cast(coalesce(subscribed.subscribers, 0) as bigint) as subscribers,
        cast(coalesce(subscribed.customer_months, 0) as bigint) as customer_months,
        cast(coalesce(subscribed.churned_customers, 0) as bigint) as churned_customers,
        cast(subscribed.churned_customers as double) / subscribed.customer_months as churn,
        cast(subscribed.mrr as double) / subscribed.customer_months as mrr_per_customer,
        bought.gross_margin_rate,
        subscribed.churned_customers > 0 and not {{ is_small_n('subscribed.subscribers') }} as is_projectable
    from scaffold
    cross join as_of
    inner join periods
        on scaffold.period_type = periods.period_type and scaffold.period_start = periods.period_start
    {%- for part in ['acquired', 'costs', 'subscribed', 'bought'] %}
    left join {{ part }}
        on
            scaffold.period_type = {{ part }}.period_type
            and scaffold.period_start = {{ part }}.period_start
            and scaffold.segment_type = {{ part }}.segment_type
            and scaffold.segment_value = {{ part }}.segment_value
    {%- endfor %}

),

valued as (

    select
        *,
        revenue_per_customer * cohort_margin_rate as observed_ltv,
        mrr_per_customer * gross_margin_rate as monthly_margin,
        {{ wilson_low('churned_customers', 'customer_months') }} as churn_low,
        {{ wilson_high('churned_customers', 'customer_months') }} as churn_high
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
        churn as monthly_churn_rate,
        churn_low as monthly_churn_rate_low,
        churn_high as monthly_churn_rate_high,
        mrr_per_customer as average_mrr_amount,
        gross_margin_rate,
        monthly_margin as monthly_margin_amount,
        case when is_projectable then monthly_margin / churn end as projected_ltv_amount,
        case when is_projectable then monthly_margin / churn_high end as projected_ltv_amount_low,
        case when is_projectable then monthly_margin / churn_low end as projected_ltv_amount_high,
        observed_ltv / nullif(cac, 0) as observed_ltv_to_cac,
        case when is_projectable then monthly_margin / churn end / nullif(cac, 0) as projected_ltv_to_cac,
        {{ is_small_n('subscribers') }} as is_small_n,
        is_provisional,
        period_start as period_start_date
    from valued

)

select * from final
