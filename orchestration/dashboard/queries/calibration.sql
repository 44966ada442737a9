-- Do MQLs with a higher score become SQLs more often? By tenth of the score at entry; matured MQLs only.
select
    bucket_number as tenth,
    horizon_days,
    score_low,
    score_high,
    mqls,
    conversions as converted,
    conversion_rate as rate,
    conversion_rate_low as low,
    conversion_rate_high as high,
    overall_conversion_rate as overall,
    lift
from marts.mart_score_calibration
where
    to_stage = 'sql' and bucket_type = 'decile' and period_type = 'all' and segment_type = 'all'
    and conversion_rate is not null
order by tenth
