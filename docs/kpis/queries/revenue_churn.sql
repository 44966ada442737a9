select
    strftime(month_start_date, '%Y-%m') as month,
    round(mrr_at_start_amount)::bigint as mrr_at_start,
    round(churned_mrr_amount)::bigint as churned_mrr,
    round(100 * revenue_churn_rate, 2) as percent,
    round(100 * customer_churn_rate, 2) as customer_percent
from marts.mart_customer_churn
where segment_type = 'all' and month_start_date between date '2025-02-01' and date '2025-05-01'
order by month
