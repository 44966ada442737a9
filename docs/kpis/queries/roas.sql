select
    segment_value as channel,
    round(attributed_revenue_amount)::bigint as revenue,
    round(media_cost_amount)::bigint as media_cost,
    round(roas, 1) as roas
from marts.mart_campaign_roi
where period_type = 'all' and segment_type = 'channel' and attribution_model = 'linear' and media_cost_amount > 0
order by roas desc, channel
