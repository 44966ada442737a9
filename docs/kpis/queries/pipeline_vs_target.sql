select
    strftime(period_start_date, '%Y-%m') as month,
    round(won_amount)::bigint as won,
    round(weighted_amount)::bigint as weighted_open,
    revenue_target_amount::bigint as target,
    round(pipeline_vs_target, 2) as pipeline_vs_target,
    round(pipeline_coverage, 2) as coverage
from marts.mart_pipeline
where segment_type = 'all' and period_type = 'month' and period_start_date >= date '2025-06-01'
order by month
