with

orders as (

    select * from {{ ref('fct_orders') }}

),

statuses as (

    select * from {{ ref('order_statuses') }} where is_paid

),

customers as (

    select * from {{ ref('dim_customers') }}

),

-- what was paid back was no revenue; the goods were delivered all the same
paid as (

    select
        orders.*,
        case
            when statuses.is_refunded and orders.refunded_amount = 0 then orders.order_amount
            else orders.refunded_amount
        end as paid_back_amount
    from orders
    inner join statuses on orders.order_status = statuses.order_status

),

final as (

    select
        paid.order_key,
        paid.customer_key,
        customers.person_key,
        paid.opportunity_key,
        paid.source_system,
        cast(row_number() over (partition by paid.customer_key order by paid.ordered_at, paid.order_id) as bigint)
            as purchase_number,
        cast({{ elapsed_months('customers.first_purchase_date', 'paid.ordered_date') }} as int) as tenure_months,
        paid.order_amount,
        cast(paid.paid_back_amount as decimal(18, 2)) as refunded_amount,
        cast(paid.order_amount - paid.paid_back_amount as decimal(18, 2)) as net_amount,
        paid.cogs_amount,
        cast(paid.order_amount - paid.paid_back_amount - paid.cogs_amount as decimal(18, 2)) as margin_amount,
        paid.ordered_date as purchased_date,
        paid.ordered_at as purchased_at
    from paid
    inner join customers on paid.customer_key = customers.customer_key

)

select * from final
