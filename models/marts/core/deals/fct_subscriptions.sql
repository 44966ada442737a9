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

fx_rates as (

    select * from {{ ref('int_fx_rates') }}

),

-- an end that lies after as_of is not known yet
known as (

    select
        subscriptions.*,
        leads.person_key,
        coalesce(subscriptions.ended_at <= as_of.as_of, false) as has_ended,
        {{ reporting_date('subscriptions.started_at') }} as started_on
    from subscriptions
    cross join as_of
    left join leads
        on subscriptions.source_system = leads.source_system and subscriptions.lead_id = leads.lead_id
    where subscriptions.started_at <= as_of.as_of

),

-- at the rate of the day on which it began, for all its months: revenue that only a rate moves is neither lost nor won
final as (

    select
        {{ surrogate_key(['known.source_system', 'known.subscription_id']) }} as subscription_key,
        {{ surrogate_key(['known.source_system', 'known.customer_id']) }} as customer_key,
        known.person_key,
        known.source_system,
        known.subscription_id,
        known.customer_id,
        case when known.has_ended then known.cancel_reason end as cancel_reason,
        known.currency,
        known.mrr as original_amount,
        {{ to_reporting_currency('known.mrr', 'fx_rates.rate_to_reporting') }} as mrr_amount,
        not known.has_ended as is_active,
        known.started_on as started_date,
        case when known.has_ended then {{ reporting_date('known.ended_at') }} end as ended_date,
        known.started_at,
        case when known.has_ended then known.ended_at end as ended_at
    from known
    left join fx_rates
        on
            known.currency = fx_rates.currency
            and {{ in_force('fx_rates', 'known.started_on') }}

)

select * from final
