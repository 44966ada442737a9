with

subscriptions as (

    select
        *,
        {{ reporting_date('started_at') }} as started_on
    from {{ ref('int_subscriptions') }}

),

fx_rates as (

    select * from {{ ref('int_fx_rates') }}

),

-- at the rate of the day on which it began, for all its months: revenue that only a rate moves is neither lost nor won
final as (

    select
        subscriptions.subscription_key,
        {{ surrogate_key(['subscriptions.source_system', 'subscriptions.customer_id']) }} as customer_key,
        subscriptions.person_key,
        subscriptions.source_system,
        subscriptions.subscription_id,
        subscriptions.customer_id,
        subscriptions.cancel_reason,
        subscriptions.currency,
        subscriptions.mrr as original_amount,
        {{ to_reporting_currency('subscriptions.mrr', 'fx_rates.rate_to_reporting') }} as mrr_amount,
        subscriptions.is_active,
        subscriptions.started_on as started_date,
        {{ reporting_date('subscriptions.ended_at') }} as ended_date,
        subscriptions.started_at,
        subscriptions.ended_at
    from subscriptions
    left join fx_rates
        on
            subscriptions.currency = fx_rates.currency
            and {{ in_force('fx_rates', 'subscriptions.started_on') }}

)

select * from final
