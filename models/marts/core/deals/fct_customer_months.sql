with

subscription_months as (

    select * from {{ ref('fct_subscription_months') }}

),

customers as (

    select * from {{ ref('dim_customers') }} where has_person

),

-- a customer with several subscriptions is active while one of them is, and leaves with the last
months as (

    select
        customer_key,
        month_start_date,
        is_complete,
        bool_or(is_active_at_start) as is_active_at_start,
        bool_or(is_active_at_end) as is_active_at_end,
        count(*) filter (where is_active_at_start) as subscriptions_at_start,
        count(*) filter (where is_active_at_start and is_ended) as ended_subscriptions,
        count(*) filter (where is_started) as started_subscriptions,
        count(*) filter (where is_started and is_ended) as started_and_ended_subscriptions,
        sum(case when is_active_at_start then mrr_amount else 0 end) as mrr_at_start,
        sum(case when is_active_at_start and is_ended then mrr_amount else 0 end) as churned_mrr,
        sum(case when is_started and is_active_at_end then mrr_amount else 0 end) as started_mrr
    from subscription_months
    group by 1, 2, 3

),

final as (

    select
        {{ surrogate_key(['months.customer_key', 'cast(months.month_start_date as string)']) }} as customer_month_key,
        months.customer_key,
        customers.source_system,
        customers.channel,
        customers.campaign,
        customers.country,
        customers.origin_owner,
        customers.owner_team,
        customers.persona,
        customers.fit_band,
        months.subscriptions_at_start,
        months.ended_subscriptions,
        months.started_subscriptions,
        months.started_and_ended_subscriptions,
        cast(months.mrr_at_start as decimal(18, 2)) as mrr_at_start_amount,
        cast(months.churned_mrr as decimal(18, 2)) as churned_mrr_amount,
        cast(months.started_mrr as decimal(18, 2)) as started_mrr_amount,
        months.is_active_at_start,
        months.is_active_at_end,
        months.is_complete,
        months.month_start_date
    from months
    inner join customers on months.customer_key = customers.customer_key

)

select * from final
