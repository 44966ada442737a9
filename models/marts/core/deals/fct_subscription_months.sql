with

subscriptions as (

    select * from {{ ref('fct_subscriptions') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

-- costs a row per subscription and month of its life
exploded as (

    select
        subscriptions.*,
        as_of.as_of_date,
        {{ explode_integers(
            '0',
            'cast(' ~ month_index('coalesce(subscriptions.ended_date, as_of.as_of_date)')
            ~ ' - ' ~ month_index('subscriptions.started_date') ~ ' as int)'
        ) }} as months_on
    from subscriptions
    cross join as_of

),

dated as (

    select
        *,
        cast(date_trunc('month', started_date) + months_on * interval '1 month' as date) as month_start_date
    from exploded

),

-- By days of the reporting time zone: what began before a month and ended in it, on the first day even, was active at
-- its start. So active at start + started - ended = active at end, and that is what the next month starts with.
final as (

    select
        {{ surrogate_key(['subscription_key', 'cast(month_start_date as string)']) }} as subscription_month_key,
        subscription_key,
        customer_key,
        case when ended_date <= last_day(month_start_date) then cancel_reason end as cancel_reason,
        mrr_amount,
        started_date < month_start_date as is_active_at_start,
        coalesce(ended_date > last_day(month_start_date), true) as is_active_at_end,
        started_date >= month_start_date as is_started,
        coalesce(ended_date <= last_day(month_start_date), false) as is_ended,
        last_day(month_start_date) <= as_of_date as is_complete,
        month_start_date
    from dated

)

select * from final
