select
    stage,
    horizon_days,
    closing_count as in_stage,
    aged_count as aged,
    round(100 * aged_rate, 1) as percent
from marts.mart_stage_inventory
where segment_type = 'all' and date_day = date '2025-06-30' and aged_rate is not null
order by percent desc, stage
