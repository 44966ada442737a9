select
    strftime(period_start_date, '%Y-%m') as month,
    open_opportunities as open,
    round(open_amount)::bigint as open_amount,
    round(weighted_amount)::bigint as weighted_amount,
    revenue_target_amount as revenue_target,
    pipeline_coverage
from marts.mart_pipeline
where segment_type = 'all' and period_type = 'month' and period_start_date > date '2025-06-01'
order by month
