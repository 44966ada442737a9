with

customer_months as (

    select * from {{ ref('fct_customer_months') }}

),

counted as (

    select
        month_start_date,
        is_complete,
        {{ segment_type() }} as segment_type,
        {{ segment_value() }} as segment_value,
        count(*) filter (where is_active_at_start) as customers_at_start,
        count(*) filter (where is_active_at_start and not is_active_at_end) as churned_customers,
        count(*) filter (where not is_active_at_start and is_active_at_end) as gained_customers,
        sum(subscriptions_at_start) as subscriptions_at_start,
        sum(ended_subscriptions) as ended_subscriptions,
        sum(started_subscriptions) as started_subscriptions,
        sum(started_and_ended_subscriptions) as started_and_ended_subscriptions,
        sum(mrr_at_start_amount) as mrr_at_start,
        sum(churned_mrr_amount) as churned_mrr,
        sum(case when is_active_at_start then started_mrr_amount else 0 end) as expansion_mrr,
        sum(case when is_active_at_start then 0 else started_mrr_amount end) as new_mrr
    from customer_months
    group by {{ segment_grouping_sets(['month_start_date', 'is_complete']) }}

),

final as (

    select
        segment_type,
        segment_value,
        customers_at_start,
        churned_customers,
        gained_customers,
        customers_at_start - churned_customers + gained_customers as customers_at_end,
        cast(subscriptions_at_start as bigint) as subscriptions_at_start,
        cast(ended_subscriptions as bigint) as ended_subscriptions,
        cast(started_subscriptions as bigint) as started_subscriptions,
        cast(started_and_ended_subscriptions as bigint) as started_and_ended_subscriptions,
        cast(mrr_at_start as decimal(18, 2)) as mrr_at_start_amount,
        cast(churned_mrr as decimal(18, 2)) as churned_mrr_amount,
        cast(expansion_mrr as decimal(18, 2)) as expansion_mrr_amount,
        cast(new_mrr as decimal(18, 2)) as new_mrr_amount,
        cast(mrr_at_start - churned_mrr + expansion_mrr + new_mrr as decimal(18, 2)) as mrr_at_end_amount,
        {{ rate_with_interval('churned_customers', 'customers_at_start', 'customer_churn_rate') }},
        cast(churned_mrr as double) / nullif(cast(mrr_at_start as double), 0) as revenue_churn_rate,
        cast(churned_mrr - expansion_mrr as double) / nullif(cast(mrr_at_start as double), 0) as net_revenue_churn_rate,
        {{ is_small_n('customers_at_start') }} as is_small_n,
        not is_complete as is_provisional,
        month_start_date
    from counted

)

select * from final
