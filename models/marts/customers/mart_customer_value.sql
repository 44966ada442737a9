{%- set keys = ['period_type', 'period_start_date', 'segment_type', 'segment_value'] %}
with

customers as (

    select * from {{ ref('dim_customers') }} where has_person

),

customer_periods as (

    select * from {{ ref('fct_customer_periods') }}

),

purchases as (

    select
        customer_key,
        purchase_number,
        order_amount,
        refunded_amount,
        net_amount,
        margin_amount,
        purchased_date
    from {{ ref('fct_purchases') }}

),

deals as (

    select * from {{ ref('fct_opportunity_forecasts') }}
    where is_won and order_type = 'new' and person_key is not null

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

-- costs a row per purchase and kind of period (four)
bought as (

    select
        days.period_type,
        days.period_start_date,
        {{ segment_type() }} as segment_type,
        {{ segment_value() }} as segment_value,
        count(*) as orders,
        count(*) filter (where purchases.purchase_number = 1) as new_customers,
        count(purchases.margin_amount) as orders_with_cogs,
        sum(purchases.order_amount) as gross_revenue,
        sum(purchases.refunded_amount) as refunded,
        sum(purchases.net_amount) as net_revenue,
        sum(case when purchases.margin_amount is not null then purchases.net_amount end) as net_revenue_with_cogs,
        sum(purchases.margin_amount) as margin,
        {{ mean_low('purchases.net_amount') }} as average_purchase_low,
        {{ mean_high('purchases.net_amount') }} as average_purchase_high
    from purchases
    inner join customers on purchases.customer_key = customers.customer_key
    inner join days on purchases.purchased_date = days.date_day
    group by {{ segment_grouping_sets(['days.period_type', 'days.period_start_date']) }}

),

won as (

    select
        days.period_type,
        days.period_start_date,
        {{ segment_type() }} as segment_type,
        {{ segment_value() }} as segment_value,
        count(*) as won_deals,
        count(deals.opportunity_amount) as won_deals_with_amount,
        sum(deals.opportunity_amount) as won_amount,
        {{ mean_low('deals.opportunity_amount') }} as average_deal_low,
        {{ mean_high('deals.opportunity_amount') }} as average_deal_high
    from deals
    inner join days on deals.closed_date = days.date_day
    group by {{ segment_grouping_sets(['days.period_type', 'days.period_start_date']) }}

),

active as (

    select
        period_type,
        period_start_date,
        {{ segment_type() }} as segment_type,
        {{ segment_value() }} as segment_value,
        count(*) as active_customers,
        avg(cast(tenure_months as double)) as average_tenure_months
    from customer_periods
    group by {{ segment_grouping_sets(['period_type', 'period_start_date']) }}

),

scaffold as (

    select period_type, period_start_date, segment_type, segment_value from active
    union
    select period_type, period_start_date, segment_type, segment_value from won

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
        periods.is_provisional,
        scaffold.period_start_date
    from scaffold
    inner join periods on {{ same_keys('scaffold', 'periods', ['period_type', 'period_start_date']) }}
    left join active on {{ same_keys('scaffold', 'active', keys) }}
    left join bought on {{ same_keys('scaffold', 'bought', keys) }}
    left join won on {{ same_keys('scaffold', 'won', keys) }}

)

select * from final
