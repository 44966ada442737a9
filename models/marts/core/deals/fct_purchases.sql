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

buyers as (

    select * from {{ ref('fct_stage_entries') }} where stage = 'customer' and is_first_reached

),

-- What was paid back was no revenue; the goods were delivered all the same. A credit note is worth what it pays back,
-- and costs nothing where the customer's orders say what they cost.
paid as (

    select
        orders.*,
        case when orders.is_credit_note then 0 else orders.order_amount end as gross_amount,
        case
            when orders.is_credit_note then -orders.order_amount
            when statuses.is_refunded and orders.refunded_amount = 0 then orders.order_amount
            else orders.refunded_amount
        end as paid_back_amount,
        case
            when
                orders.is_credit_note
                and count(case when not orders.is_credit_note then orders.cogs_amount end) over (
                    partition by orders.customer_key
                ) > 0
                then coalesce(orders.cogs_amount, 0)
            when not orders.is_credit_note then orders.cogs_amount
        end as known_cogs_amount
    from orders
    inner join statuses on orders.order_status = statuses.order_status

),

-- the credit is the order's own person's, who need not be the first one of the customer
final as (

    select
        paid.order_key,
        paid.customer_key,
        coalesce(paid.person_key, customers.person_key) as person_key,
        paid.opportunity_key,
        paid.source_system,
        {%- for segment in segments() if segment != 'source_system' %}
        coalesce(buyers.{{ segment }}, customers.{{ segment }}) as {{ segment }},
        {%- endfor %}
        case
            when not paid.is_credit_note
                then cast(row_number() over (
                    partition by paid.customer_key, paid.is_credit_note order by paid.ordered_at, paid.order_id
                ) as bigint)
        end as purchase_number,
        cast(greatest(
            coalesce({{ elapsed_months('customers.first_purchase_date', 'paid.ordered_date') }}, 0), 0
        ) as int) as tenure_months,
        cast(paid.gross_amount as decimal(18, 2)) as order_amount,
        cast(paid.paid_back_amount as decimal(18, 2)) as refunded_amount,
        cast(paid.gross_amount - paid.paid_back_amount as decimal(18, 2)) as net_amount,
        cast(paid.known_cogs_amount as decimal(18, 2)) as cogs_amount,
        cast(paid.gross_amount - paid.paid_back_amount - paid.known_cogs_amount as decimal(18, 2)) as margin_amount,
        paid.is_credit_note,
        paid.ordered_date as purchased_date,
        paid.ordered_at as purchased_at
    from paid
    inner join customers on paid.customer_key = customers.customer_key
    left join buyers on paid.person_key = buyers.person_key and paid.person_key != customers.person_key

)

select * from final
