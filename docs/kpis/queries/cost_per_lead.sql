select
    segment_value as channel,
    round(full_cost_amount)::bigint as full_cost,
    leads,
    round(cost_per_lead, 2)::double as cost_per_lead
from marts.mart_campaign_roi
where
    period_type = 'all' and segment_type in ('all', 'channel') and attribution_model = 'linear'
    and full_cost_amount > 0 and leads > 0
order by segment_type, cost_per_lead desc, channel
