select
    segment_value as channel,
    new_customers as customers,
    round(cac_amount)::bigint as cac,
    round(observed_ltv_amount)::bigint as observed,
    round(observed_ltv_to_cac, 1) as observed_to_cac,
    round(projected_ltv_amount)::bigint as projected,
    round(projected_ltv_to_cac, 1) as projected_to_cac
from marts.mart_customer_ltv
where period_type = 'all' and segment_type in ('all', 'channel') and cac_amount > 0
order by segment_type, observed_to_cac, channel
