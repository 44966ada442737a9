with

customers as (

    select * from {{ ref('dim_customers') }} where has_person

),

purchases as (

    select * from {{ ref('fct_purchases') }} where not is_credit_note

),

subscription_months as (

    select * from {{ ref('fct_subscription_months') }}

),

periods as (

    select * from {{ ref('dim_date_periods') }}

),

as_of as (

    select max(date_day) as as_of_date from periods

),

-- a month of a subscription counts by its first day
active_days as (

    select customer_key, purchased_date as date_day from purchases
    union
    select customer_key, month_start_date as date_day from subscription_months

),

active_periods as (

    select distinct
        active_days.customer_key,
        periods.period_type,
        periods.period_start_date,
        periods.period_end_date
    from active_days
    inner join periods on active_days.date_day = periods.date_day

),

final as (

    select
        active_periods.customer_key,
        active_periods.period_type,
        customers.source_system,
        customers.channel,
        customers.campaign,
        customers.country,
        customers.origin_owner,
        customers.owner_team,
        customers.persona,
        customers.fit_band,
        cast(
            {{ elapsed_months(
                'customers.customer_since_date', 'least(active_periods.period_end_date, as_of.as_of_date)'
            ) }} as int
        ) as tenure_months,
        active_periods.period_start_date
    from active_periods
    cross join as_of
    inner join customers on active_periods.customer_key = customers.customer_key

)

select * from final
