with

orders as (

    select * from {{ ref('int_orders') }}

),

fx_rates as (

    select * from {{ ref('int_fx_rates') }}

),

final as (

    select
        orders.order_key,
        {{ surrogate_key(['orders.source_system', 'orders.customer_id']) }} as customer_key,
        orders.person_key,
        orders.opportunity_key,
        orders.source_system,
        orders.order_id,
        orders.customer_id,
        orders.order_status,
        orders.currency,
        orders.amount as original_amount,
        {{ to_reporting_currency('orders.amount', 'fx_rates.rate_to_reporting') }} as order_amount,
        {{ to_reporting_currency('orders.refunded_amount', 'fx_rates.rate_to_reporting') }} as refunded_amount,
        {{ to_reporting_currency('orders.cogs', 'fx_rates.rate_to_reporting') }} as cogs_amount,
        orders.amount < 0 as is_credit_note,
        orders.amount >= 0 and orders.refunded_amount > orders.amount as is_over_refunded,
        {{ reporting_date('orders.ordered_at') }} as ordered_date,
        orders.ordered_at
    from orders
    left join fx_rates
        on
            orders.currency = fx_rates.currency
            and {{ in_force('fx_rates', reporting_date('orders.ordered_at')) }}

)

select * from final
