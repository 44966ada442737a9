select
    bucket as band,
    predicted_mqls as mqls,
    round(100 * predicted_conversion_rate, 1) as promised_percent,
    round(100 * predicted_mqls_conversion_rate, 1) as came_percent,
    round(100 * abs(predicted_conversion_rate - predicted_mqls_conversion_rate), 1) as apart
from marts.mart_score_calibration
where to_stage = 'sql' and bucket_type = 'score_band' and segment_type = 'all' and period_type = 'all'
order by bucket_number
