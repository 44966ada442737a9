select
    from_stage as stage,
    to_stage,
    entrants as deals,
    round(median_duration, 1) as median_days,
    round(median_duration_low, 1) as low,
    round(median_duration_high, 1) as high,
    round(p75_duration, 1) as p75_days
from marts.mart_deal_velocity
where
    pipeline = 'New business' and segment_type = 'all' and month_start_date = date '2025-03-01'
    and (measure = 'time_in_stage' or from_stage = 'opened')
order by array_position(['opened', 'Discovery', 'Demo', 'Proposal', 'Negotiation'], from_stage)
