-- noqa: disable=LT02
{%- set cut_by = segments() %}
with

months as (

    select * from {{ ref('fct_subscription_months') }}

),

customers as (

    select * from {{ ref('dim_customers') }} where has_person

),

-- a customer with several subscriptions is active while one of them is, and leaves with the last
customer_months as (

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
    from months
    group by 1, 2, 3

),

placed as (

    select
        customer_months.*,
        {%- for segment in cut_by %}
        customers.{{ segment }}{{ ',' if not loop.last }}
        {%- endfor %}
    from customer_months
    inner join customers on customer_months.customer_key = customers.customer_key

),

counted as (

    select
        month_start_date,
        is_complete,
        {{ segment_type(cut_by) }} as segment_type,
        {{ segment_value(cut_by) }} as segment_value,
        count(*) filter (where is_active_at_start) as customers_at_start,
        count(*) filter (where is_active_at_start and not is_active_at_end) as churned_customers,
        count(*) filter (where not is_active_at_start and is_active_at_end) as gained_customers,
        sum(subscriptions_at_start) as subscriptions_at_start,
        sum(ended_subscriptions) as ended_subscriptions,
        sum(started_subscriptions) as started_subscriptions,
        sum(started_and_ended_subscriptions) as started_and_ended_subscriptions,
        sum(mrr_at_start) as mrr_at_start,
        sum(churned_mrr) as churned_mrr,
        sum(case when is_active_at_start then started_mrr else 0 end) as expansion_mrr,
        sum(case when is_active_at_start then 0 else started_mrr end) as new_mrr
    from placed
    group by {{ segment_grouping_sets(['month_start_date', 'is_complete'], cut_by) }}

),

final as (

    select
        segment_type,
        segment_value,
        cast(customers_at_start as bigint) as customers_at_start,
        cast(churned_customers as bigint) as churned_customers,
        cast(gained_customers as bigint) as gained_customers,
        cast(customers_at_start - churned_customers + gained_customers as bigint) as customers_at_end,
        cast(subscriptions_at_start as bigint) as subscriptions_at_start,
        cast(ended_subscriptions as bigint) as ended_subscriptions,
        cast(started_subscriptions as bigint) as started_subscriptions,
        cast(started_and_ended_subscriptions as bigint) as started_and_ended_subscriptions,
        cast(mrr_at_start as decimal(18, 2)) as mrr_at_start_amount,
        cast(churned_mrr as decimal(18, 2)) as churned_mrr_amount,
        cast(expansion_mrr as decimal(18, 2)) as expansion_mrr_amount,
        cast(new_mrr as decimal(18, 2)) as new_mrr_amount,
        cast(mrr_at_start - churned_mrr + expansion_mrr + new_mrr as decimal(18, 2)) as mrr_at_end_amount,
        cast(churned_customers as double) / nullif(customers_at_start, 0) as customer_churn_rate,
        {{ wilson_low('churned_customers', 'customers_at_start') }} as customer_churn_rate_low,
        {{ wilson_high('churned_customers', 'customers_at_start') }} as customer_churn_rate_high,
        cast(churned_mrr as double) / nullif(cast(mrr_at_start as double), 0) as revenue_churn_rate,
        cast(churned_mrr - expansion_mrr as double) / nullif(cast(mrr_at_start as double), 0) as net_revenue_churn_rate,
        {{ is_small_n('customers_at_start') }} as is_small_n,
        not is_complete as is_provisional,
        month_start_date
    from counted

)

select * from final
