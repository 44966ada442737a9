-- How many were in each stage at the end of each day? The last 180 days, the latest first; leads are not shown.
select
    inventory.date_day as day,
    inventory.stage,
    inventory.closing_count as persons,
    inventory.aged_count as aged,
    inventory.median_age_days
from marts.mart_stage_inventory as inventory
inner join core.dim_stages as stages on inventory.stage = stages.stage
where
    inventory.segment_type = 'all' and inventory.stage in ('mql', 'sal', 'sql', 'opportunity')
    and inventory.date_day > (select max(date_day) - interval 180 day from marts.mart_stage_inventory)
order by day desc, stages.ordinal
