-- noqa: disable=LT02
{%- set cut_by = segments() %}
with

customers as (

    select * from {{ ref('dim_customers') }} where has_person

),

purchases as (

    select * from {{ ref('fct_purchases') }}

),

subscription_months as (

    select * from {{ ref('fct_subscription_months') }}

),

deals as (

    select * from {{ ref('fct_opportunity_forecasts') }}
    where is_won and order_type = 'new' and person_key is not null

),

dates as (

    select * from {{ ref('dim_dates') }}

),

days as (

    {{ days_of_periods('dates') }}

),

as_of as (

    select max(date_day) as as_of_date from dates where is_elapsed

),

-- costs a row per purchase and kind of period (four)
purchases_of_periods as (

    select
        {%- for segment in cut_by %}
        customers.{{ segment }},
        {%- endfor %}
        days.period_type,
        days.period_start,
        purchases.purchase_number,
        purchases.order_amount,
        purchases.refunded_amount,
        purchases.net_amount,
        purchases.margin_amount
    from purchases
    inner join customers on purchases.customer_key = customers.customer_key
    inner join days on purchases.purchased_date = days.date_day

),

bought as (

    select
        period_type,
        period_start,
        {{ segment_type(cut_by) }} as segment_type,
        {{ segment_value(cut_by) }} as segment_value,
        count(*) as orders,
        count(*) filter (where purchase_number = 1) as new_customers,
        count(margin_amount) as orders_with_cogs,
        sum(order_amount) as gross_revenue,
        sum(refunded_amount) as refunded,
        sum(net_amount) as net_revenue,
        sum(case when margin_amount is not null then net_amount end) as net_revenue_with_cogs,
        sum(margin_amount) as margin,
        {{ mean_low('net_amount') }} as average_purchase_low,
        {{ mean_high('net_amount') }} as average_purchase_high
    from purchases_of_periods
    group by {{ segment_grouping_sets(['period_type', 'period_start'], cut_by) }}

),

won as (

    select
        days.period_type,
        days.period_start,
        {{ segment_type(cut_by) }} as segment_type,
        {{ segment_value(cut_by) }} as segment_value,
        count(*) as won_deals,
        count(deals.opportunity_amount) as won_deals_with_amount,
        sum(deals.opportunity_amount) as won_amount,
        {{ mean_low('deals.opportunity_amount') }} as average_deal_low,
        {{ mean_high('deals.opportunity_amount') }} as average_deal_high
    from deals
    inner join days on deals.closed_date = days.date_day
    group by {{ segment_grouping_sets(['days.period_type', 'days.period_start'], cut_by) }}

),

-- active in a period: bought in it, or had a subscription
active_customers as (

    select
        purchases.customer_key,
        days.period_type,
        days.period_start,
        days.period_end
    from purchases
    inner join days on purchases.purchased_date = days.date_day
    union
    select
        subscription_months.customer_key,
        days.period_type,
        days.period_start,
        days.period_end
    from subscription_months
    inner join days on subscription_months.month_start_date = days.date_day

),

active as (

    select
        active_customers.period_type,
        active_customers.period_start,
        {{ segment_type(cut_by) }} as segment_type,
        {{ segment_value(cut_by) }} as segment_value,
        count(*) as active_customers,
        avg(
            cast(
                {{ elapsed_months(
                    'customers.customer_since_date', 'least(active_customers.period_end, as_of.as_of_date)'
                ) }} as double
            )
        ) as average_tenure_months
    from active_customers
    cross join as_of
    inner join customers on active_customers.customer_key = customers.customer_key
    group by {{ segment_grouping_sets(['active_customers.period_type', 'active_customers.period_start'], cut_by) }}

),

periods as (

    select distinct
        period_type,
        period_start,
        period_end
    from days

),

scaffold as (

    select period_type, period_start, segment_type, segment_value from active
    union
    select period_type, period_start, segment_type, segment_value from won

),

final as (

    select
        scaffold.period_type,
        scaffold.segment_type,
        scaffold.segment_value,
        cast(coalesce(active.active_customers, 0) as bigint) as active_customers,
        cast(coalesce(bought.new_customers, 0) as bigint) as new_customers,
        cast(coalesce(bought.orders, 0) as bigint) as orders,
        cast(coalesce(bought.orders_with_cogs, 0) as bigint) as orders_with_cogs,
        cast(coalesce(bought.gross_revenue, 0) as decimal(18, 2)) as gross_revenue_amount,
        cast(coalesce(bought.refunded, 0) as decimal(18, 2)) as refunded_amount,
        cast(coalesce(bought.net_revenue, 0) as decimal(18, 2)) as net_revenue_amount,
        cast(bought.net_revenue as double) / bought.orders as average_purchase_amount,
        bought.average_purchase_low as average_purchase_amount_low,
        bought.average_purchase_high as average_purchase_amount_high,
        cast(bought.net_revenue_with_cogs as decimal(18, 2)) as net_revenue_with_cogs_amount,
        cast(bought.margin as decimal(18, 2)) as margin_amount,
        cast(bought.margin as double) / nullif(cast(bought.net_revenue_with_cogs as double), 0) as gross_margin_rate,
        cast(coalesce(won.won_deals, 0) as bigint) as won_deals,
        cast(coalesce(won.won_deals_with_amount, 0) as bigint) as won_deals_with_amount,
        cast(won.won_amount as decimal(18, 2)) as won_amount,
        cast(won.won_amount as double) / nullif(won.won_deals_with_amount, 0) as average_deal_amount,
        won.average_deal_low as average_deal_amount_low,
        won.average_deal_high as average_deal_amount_high,
        active.average_tenure_months,
        {{ is_small_n('coalesce(bought.orders, 0)') }} as is_small_n,
        {{ is_small_n('coalesce(won.won_deals_with_amount, 0)') }} as is_small_n_of_deals,
        periods.period_type = 'all' or periods.period_end > as_of.as_of_date as is_provisional,
        scaffold.period_start as period_start_date
    from scaffold
    cross join as_of
    inner join periods
        on scaffold.period_type = periods.period_type and scaffold.period_start = periods.period_start
    {%- for part in ['active', 'bought', 'won'] %}
    left join {{ part }}
        on
            scaffold.period_type = {{ part }}.period_type
            and scaffold.period_start = {{ part }}.period_start
            and scaffold.segment_type = {{ part }}.segment_type
            and scaffold.segment_value = {{ part }}.segment_value
    {%- endfor %}

)

select * from final
