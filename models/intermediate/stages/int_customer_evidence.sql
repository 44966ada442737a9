with

opportunities as (

    select * from {{ ref('int_person_deals') }}

),

orders as (

    select orders.*
    from {{ ref('int_orders') }} as orders
    inner join {{ ref('order_statuses') }} as statuses on orders.order_status = statuses.order_status
    where orders.person_key is not null and statuses.is_paid and orders.amount >= 0

),

subscriptions as (

    select * from {{ ref('int_subscriptions') }} where person_key is not null and mrr > 0

),

final as (

    select
        person_key,
        'opportunity_won' as evidence,
        source_system,
        opportunity_id as evidence_id,
        owner_rep_id as rep_id,
        closed_day as occurred_day,
        closed_at as occurred_at
    from opportunities
    -- a win whose moment is not given is no event
    where is_won and closed_at is not null
    union all
    select
        person_key,
        'order' as evidence,
        source_system,
        order_id as evidence_id,
        cast(null as string) as rep_id,
        ordered_day as occurred_day,
        ordered_at as occurred_at
    from orders
    union all
    select
        person_key,
        'subscription' as evidence,
        source_system,
        subscription_id as evidence_id,
        cast(null as string) as rep_id,
        started_day as occurred_day,
        started_at as occurred_at
    from subscriptions

)

select * from final
