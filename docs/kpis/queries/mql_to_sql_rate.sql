select
    rate_kind,
    numerator::int as became_sql,
    denominator as mqls,
    round(100 * conversion_rate, 1) as percent,
    round(100 * conversion_rate_low, 1) as low,
    round(100 * conversion_rate_high, 1) as high,
    round(100 * mature_share) as mature_percent
from marts.mart_funnel_conversion
where
    from_stage = 'mql' and to_stage = 'sql' and period_type = 'month' and period_start_date = date '2025-05-01'
    and segment_type = 'all' and count_mode = 'first' and (order_mode = 'ordered' or rate_kind = 'naive_lag')
order by rate_kind
