-- What is active at the end of a month is active at the start of the next one, by customer and by revenue; and at the
-- end of the last month it is what is active at as_of.
with months as (

    select
        *,
        lead(customers_at_start) over (partition by segment_type, segment_value order by month_start_date)
            as next_customers,
        lead(mrr_at_start_amount) over (partition by segment_type, segment_value order by month_start_date) as next_mrr,
        lead(month_start_date) over (partition by segment_type, segment_value order by month_start_date) as next_month
    from {{ ref('mart_customer_churn') }}

),

active as (

    select
        count(distinct subscriptions.customer_key) as customers,
        coalesce(sum(subscriptions.mrr_amount), 0) as mrr
    from {{ ref('fct_subscriptions') }} as subscriptions
    inner join {{ ref('dim_customers') }} as customers on subscriptions.customer_key = customers.customer_key
    where subscriptions.is_active and customers.has_person

),

-- a month without any subscription of the segment has no row; nobody is active then
flows as (

    select
        segment_type || ' ' || segment_value as segment,
        month_start_date,
        customers_at_end,
        mrr_at_end_amount,
        case
            when next_month = cast(month_start_date + interval '1 month' as date) then next_customers
            when next_month is not null then 0
        end as expected_customers,
        case
            when next_month = cast(month_start_date + interval '1 month' as date) then next_mrr
            when next_month is not null then 0
        end as expected_mrr
    from months
    union all
    select
        'all at as_of' as segment,
        max(months.month_start_date) as month_start_date,
        max_by(months.customers_at_end, months.month_start_date) as customers_at_end,
        max_by(months.mrr_at_end_amount, months.month_start_date) as mrr_at_end_amount,
        max(active.customers) as expected_customers,
        max(active.mrr) as expected_mrr
    from months
    cross join active
    where months.segment_type = 'all'

)

select * from flows where customers_at_end != expected_customers or mrr_at_end_amount != expected_mrr
