select
    threshold,
    kept_mqls as kept,
    mqls,
    kept_conversions as kept_sqls,
    given_up_conversions as sqls_given_up,
    round(100 * kept_conversion_rate, 1) as percent,
    round(100 * conversion_rate, 1) as percent_of_all,
    is_in_force
from marts.mart_score_thresholds
where to_stage = 'sql' and segment_type = 'all' and threshold in (20, 30, 40, 60)
order by threshold
