-- Grown from loops; `dbt compile -s mart_customer_lifetime` shows the SQL.
{#- A month of one campaign is a handful of customers: cohorts of one month are cut by channel alone. -#}
{%- set cuts = {'all': segments(), 'month': ['channel']} %}
with

dates as (

    select * from {{ ref('dim_dates') }} where is_elapsed

),

calendar as (

    select
        min(date_day) as first_date,
        max(date_day) as as_of_date
    from dates

),

purchases as (

    select * from {{ ref('fct_purchases') }}

),

customers as (

    select
        customers.*,
        calendar.first_date as all_start,
        cast(date_trunc('month', customers.first_purchase_date) as date) as month_start,
        {{ elapsed_months('customers.first_purchase_date', 'calendar.as_of_date') }} as followed_months
    from {{ ref('dim_customers') }} as customers
    cross join calendar
    where customers.has_person and customers.first_purchase_date is not null

),

-- costs a row per customer and whole month since its first purchase
customer_months as (

    select
        *,
        {{ explode_integers('1', 'cast(followed_months as int)') }} as tenure_months
    from customers
    where followed_months >= 1

),

monthly as (

    select
        customer_key,
        tenure_months,
        sum(net_amount) as net_revenue,
        sum(margin_amount) as margin,
        count(*) filter (where margin_amount is null) as orders_without_cogs
    from purchases
    group by 1, 2

),

-- one order of unknown cost makes the customer's margin unknown from then on
accrued as (

    select
        customer_months.*,
        sum(coalesce(monthly.net_revenue, 0)) over to_date as net_revenue,
        case
            when sum(coalesce(monthly.orders_without_cogs, 0)) over to_date = 0
                then sum(coalesce(monthly.margin, 0)) over to_date
        end as margin
    from customer_months
    left join monthly
        on
            customer_months.customer_key = monthly.customer_key
            and customer_months.tenure_months = monthly.tenure_months + 1
    window to_date as (
        partition by customer_months.customer_key
        order by customer_months.tenure_months
        rows between unbounded preceding and current row
    )

),

cohorts as (

    {% for period_type, cut_by in cuts.items() %}
    select
        '{{ period_type }}' as period_type,
        {{ period_type }}_start as period_start,
        {{ segment_type(cut_by) }} as segment_type,
        {{ segment_value(cut_by) }} as segment_value,
        count(*) as cohort_customers
    from customers
    group by {{ segment_grouping_sets([period_type ~ '_start'], cut_by) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

followed as (

    {% for period_type, cut_by in cuts.items() %}
    select
        '{{ period_type }}' as period_type,
        {{ period_type }}_start as period_start,
        {{ segment_type(cut_by) }} as segment_type,
        {{ segment_value(cut_by) }} as segment_value,
        tenure_months,
        count(*) as customers,
        count(margin) as customers_with_margin,
        sum(net_revenue) as net_revenue,
        sum(margin) as margin,
        {{ mean_low('net_revenue') }} as revenue_low,
        {{ mean_high('net_revenue') }} as revenue_high,
        {{ mean_low('margin') }} as margin_low,
        {{ mean_high('margin') }} as margin_high
    from accrued
    group by {{ segment_grouping_sets([period_type ~ '_start', 'tenure_months'], cut_by) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        followed.period_type,
        followed.segment_type,
        followed.segment_value,
        cast(followed.tenure_months as int) as tenure_months,
        cast(cohorts.cohort_customers as bigint) as cohort_customers,
        cast(followed.customers as bigint) as customers,
        cast(followed.customers_with_margin as bigint) as customers_with_margin,
        cast(followed.net_revenue as decimal(18, 2)) as net_revenue_amount,
        cast(followed.net_revenue as double) / followed.customers as revenue_per_customer_amount,
        followed.revenue_low as revenue_per_customer_amount_low,
        followed.revenue_high as revenue_per_customer_amount_high,
        cast(followed.margin as decimal(18, 2)) as margin_amount,
        cast(followed.margin as double) / nullif(followed.customers_with_margin, 0) as observed_ltv_amount,
        followed.margin_low as observed_ltv_amount_low,
        followed.margin_high as observed_ltv_amount_high,
        cast(followed.customers as double) / cohorts.cohort_customers as mature_share,
        {{ is_small_n('followed.customers_with_margin') }} as is_small_n,
        followed.customers < cohorts.cohort_customers as is_provisional,
        followed.period_start as period_start_date
    from followed
    inner join cohorts
        on
            followed.period_type = cohorts.period_type
            and followed.period_start = cohorts.period_start
            and followed.segment_type = cohorts.segment_type
            and followed.segment_value = cohorts.segment_value

)

select * from final
