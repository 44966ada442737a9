select
    segment_value as channel,
    round(attributed_margin_amount)::bigint as margin,
    round(full_cost_amount)::bigint as full_cost,
    round(marketing_roi, 2) as roi
from marts.mart_campaign_roi
where period_type = 'all' and segment_type in ('all', 'channel') and attribution_model = 'linear'
order by segment_type, roi desc nulls last, margin desc, channel
