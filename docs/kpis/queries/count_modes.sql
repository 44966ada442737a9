select count_mode, order_mode, numerator::int as became_sql, denominator as mqls, round(100 * conversion_rate, 1) as percent
from marts.mart_funnel_conversion
where
    from_stage = 'mql' and to_stage = 'sql' and period_type = 'month' and period_start_date = date '2025-03-01'
    and segment_type = 'all' and rate_kind = 'matured'
order by count_mode desc, order_mode desc
