select
    to_stage as outcome,
    mqls,
    conversions as converted,
    mqls - conversions as not_converted,
    round(auc, 3) as auc,
    round(auc_low, 3) as low,
    round(auc_high, 3) as high
from marts.mart_score_quality
where segment_type = 'all' and period_type = 'all'
order by outcome desc
