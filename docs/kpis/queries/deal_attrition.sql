select
    stage,
    any_value(entrants)::int as deals,
    any_value(horizon_days) as days,
    coalesce(sum(numerator) filter (where outcome = 'advanced'), 0)::int as advanced,
    coalesce(sum(numerator) filter (where outcome = 'lost'), 0)::int as lost,
    coalesce(sum(numerator) filter (where outcome = 'open'), 0)::int as open,
    coalesce(sum(numerator) filter (where outcome = 'stalled'), 0)::int as stalled
from marts.mart_deal_attrition
where pipeline = 'New business' and segment_type = 'all' and month_start_date = date '2025-03-01'
group by stage
order by array_position(['opened', 'Discovery', 'Demo', 'Proposal', 'Negotiation'], stage)
