select
    bucket_number as tenth,
    round(score_low, 1) as from_score,
    round(score_high, 1) as to_score,
    mqls,
    conversions as became_sql,
    round(100 * conversion_rate, 1) as percent,
    round(lift, 2) as lift
from marts.mart_score_calibration
where to_stage = 'sql' and bucket_type = 'decile' and segment_type = 'all' and period_type = 'all'
order by tenth desc
