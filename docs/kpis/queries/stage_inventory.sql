select
    stage,
    opening_count as opening,
    inflow_count as came,
    outflow_count as went,
    closing_count as closing
from marts.mart_stage_inventory
where segment_type = 'all' and date_day = date '2025-06-30' and section <> 'side'
order by array_position(['lead', 'mql', 'sal', 'sql', 'opportunity', 'customer'], stage)
