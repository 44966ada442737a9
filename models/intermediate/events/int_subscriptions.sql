with

subscriptions as (

    select * from {{ ref('int_subscriptions_versioned') }} where _outcome = 'staged'

),

leads as (

    select * from {{ ref('int_lead_persons') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

-- an end that lies after as_of is not known yet
known as (

    select
        subscriptions.*,
        coalesce(subscriptions.ended_at <= as_of.as_of, false) as has_ended
    from subscriptions
    cross join as_of
    where subscriptions.started_at <= as_of.as_of

),

final as (

    select
        {{ surrogate_key(['known.source_system', 'known.subscription_id']) }} as subscription_key,
        leads.person_key,
        known.source_system,
        known.subscription_id,
        known.customer_id,
        case when known.has_ended then known.cancel_reason end as cancel_reason,
        known.currency,
        known.mrr,
        not known.has_ended as is_active,
        known.started_day,
        known.started_at,
        case when known.has_ended then known.ended_at end as ended_at
    from known
    left join leads
        on known.source_system = leads.source_system and known.lead_id = leads.lead_id

)

select * from final
