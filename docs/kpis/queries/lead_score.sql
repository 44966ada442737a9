select
    priority_rank as rank,
    current_stage as stage,
    fit,
    round(engagement, 1) as engagement,
    round(negative, 1) as negative,
    round(score, 1) as score,
    score_band as band,
    reason_1 as reason
from marts.mart_lead_priorities
order by priority_rank
limit 3
