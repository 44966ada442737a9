select
    segment_value as channel,
    round(media_cost_amount)::bigint as media,
    round(full_cost_amount)::bigint as full_cost,
    round(100 * full_cost_amount / sum(full_cost_amount) over (), 1) as percent
from marts.mart_campaign_roi
where period_type = 'all' and segment_type = 'channel' and attribution_model = 'linear' and full_cost_amount > 0
order by full_cost desc, channel
