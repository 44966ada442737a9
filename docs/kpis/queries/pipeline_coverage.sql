select
    strftime(period_start_date, '%Y-%m') as month,
    revenue_target_amount::bigint as target,
    round(won_amount)::bigint as won,
    round(revenue_to_win_amount)::bigint as to_win,
    open_opportunities as open,
    round(open_amount)::bigint as open_amount,
    round(pipeline_coverage, 2) as coverage,
    is_revenue_target_met as is_met
from marts.mart_pipeline
where segment_type = 'all' and period_type = 'month' and period_start_date >= date '2025-05-01'
order by month
