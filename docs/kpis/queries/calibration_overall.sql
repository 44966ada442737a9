select to_stage as outcome, round(100 * calibration_error, 1) as points_apart, round(brier_skill_score, 3) as brier_skill
from marts.mart_score_quality
where segment_type = 'all' and period_type = 'all'
order by outcome desc
