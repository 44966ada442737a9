select
    attribution_model as model,
    round(attributed_customers, 1) as customers,
    round(attributed_margin_amount)::bigint as margin,
    round(full_cost_amount)::bigint as full_cost,
    round(marketing_roi, 2) as roi
from marts.mart_campaign_roi
where period_type = 'all' and segment_type = 'channel' and segment_value = 'paid_search'
order by roi desc, model
