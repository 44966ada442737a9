with

customer_months as (

    select * from {{ ref('fct_customer_months') }} where is_complete and is_active_at_start

),

periods as (

    select * from {{ ref('dim_date_periods') }}

),

counted as (

    select
        periods.period_type,
        periods.period_start_date,
        {{ segment_type() }} as segment_type,
        {{ segment_value() }} as segment_value,
        count(distinct customer_months.customer_key) as subscribers,
        count(*) as customer_months,
        count(*) filter (where not customer_months.is_active_at_end) as churned_customers,
        sum(customer_months.mrr_at_start_amount) as mrr
    from customer_months
    inner join periods on customer_months.month_start_date = periods.date_day
    group by {{ segment_grouping_sets(['periods.period_type', 'periods.period_start_date']) }}

),

final as (

    select
        period_type,
        segment_type,
        segment_value,
        subscribers,
        customer_months,
        churned_customers,
        {{ rate_with_interval('churned_customers', 'customer_months', 'monthly_churn_rate') }},
        cast(mrr as double) / customer_months as average_mrr_amount,
        period_start_date
    from counted

)

select * from final
