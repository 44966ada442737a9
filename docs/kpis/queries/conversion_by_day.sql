select
    day_number as day,
    at_risk_count as followed,
    round(100 * converted_rate, 1) as percent,
    round(100 * converted_rate_low, 1) as low,
    round(100 * converted_rate_high, 1) as high
from marts.mart_funnel_survival
where
    from_stage = 'mql' and to_stage = 'sql' and segment_type = 'all'
    and period_type = 'quarter' and period_start_date = date '2025-04-01' and day_number in (7, 14, 30, 60)
order by day
