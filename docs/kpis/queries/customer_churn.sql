select
    strftime(month_start_date, '%Y-%m') as month,
    customers_at_start as at_start,
    churned_customers as churned,
    gained_customers as gained,
    customers_at_end as at_end,
    round(100 * customer_churn_rate, 2) as percent,
    round(100 * customer_churn_rate_high, 2) as at_most
from marts.mart_customer_churn
where segment_type = 'all' and month_start_date between date '2025-02-01' and date '2025-05-01'
order by month
