{%- set keys = ['period_type', 'period_start_date', 'segment_type', 'segment_value'] %}
with

customer_periods as (

    select * from {{ ref('fct_customer_periods') }}

),

purchases as (

    select * from {{ ref('fct_purchases') }} where person_key is not null

),

days as (

    select * from {{ ref('dim_date_periods') }}

),

as_of as (

    select max(date_day) as as_of_date from days

),

deals as (

    select
        forecasts.*,
        coalesce(forecasts.closed_date, as_of.as_of_date) as counted_on,
        forecasts.closed_date is null as is_undated
    from {{ ref('fct_opportunity_forecasts') }} as forecasts
    cross join as_of
    where forecasts.is_won and forecasts.order_type = 'new' and forecasts.person_key is not null

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
        count(purchases.purchase_number) as orders,
        count(*) filter (where purchases.purchase_number = 1) as new_customers,
        count(case when not purchases.is_credit_note then purchases.margin_amount end) as orders_with_cogs,
        sum(purchases.order_amount) as gross_revenue,
        sum(purchases.refunded_amount) as refunded,
        sum(purchases.net_amount) as net_revenue,
        sum(case when purchases.margin_amount is not null then purchases.net_amount end) as net_revenue_with_cogs,
        sum(purchases.margin_amount) as margin,
        -- what a credit note takes back is of no one order
        case when not bool_or(purchases.is_credit_note) then {{ mean_low('purchases.net_amount') }} end
            as average_purchase_low,
        case when not bool_or(purchases.is_credit_note) then {{ mean_high('purchases.net_amount') }} end
            as average_purchase_high
    from purchases
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
    -- a win whose day is not given belongs to no month, and to the whole
    inner join days on deals.counted_on = days.date_day and (days.period_type = 'all' or not deals.is_undated)
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
    union
    select period_type, period_start_date, segment_type, segment_value from bought

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
        cast(bought.net_revenue as double) / nullif(bought.orders, 0) as average_purchase_amount,
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
