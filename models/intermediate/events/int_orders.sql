with

orders as (

    select * from {{ ref('int_orders_versioned') }} where _outcome = 'staged'

),

opportunities as (

    select * from {{ ref('int_opportunities') }}

),

leads as (

    select * from {{ ref('int_lead_persons') }} where disposition != 'not_landed'

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

-- an order without a lead of its own, or with one that nobody landed, belongs to the lead of its opportunity
final as (

    select
        {{ surrogate_key(['orders.source_system', 'orders.order_id']) }} as order_key,
        case when leads.lead_key is null then opportunities.person_key else leads.person_key end as person_key,
        coalesce(leads.lead_key, opportunities.lead_key) as lead_key,
        opportunities.opportunity_key,
        orders.source_system,
        orders.order_id,
        orders.customer_id,
        orders.status as order_status,
        orders.amount,
        -- a part that was paid back is written with either sign
        abs(coalesce(orders.refunded_amount, 0)) as refunded_amount,
        orders.cogs,
        orders.currency,
        orders.ordered_day,
        orders.ordered_at
    from orders
    cross join as_of
    left join leads
        on orders.source_system = leads.source_system and orders.lead_id = leads.lead_id
    left join opportunities
        on
            orders.source_system = opportunities.source_system
            and orders.opportunity_id = opportunities.opportunity_id
    where orders.ordered_at <= as_of.as_of

)

select * from final
