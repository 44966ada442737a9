select
    strftime(period_start_date, '%Y-%m') as month,
    customer_target::int as target,
    new_customers as won,
    customers_to_win::int as to_win,
    open_new_opportunities as open,
    round(customer_coverage, 2) as coverage,
    round(expected_new_wins, 1) as weighted_open,
    round(weighted_customer_coverage, 2) as weighted_coverage
from marts.mart_pipeline
where segment_type = 'all' and period_type = 'month' and period_start_date >= date '2025-06-01'
order by month
