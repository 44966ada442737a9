select
    stage,
    round(opening_amount)::bigint as opening,
    round(new_amount)::bigint as new,
    round(moved_in_amount - moved_out_amount)::bigint as moved,
    round(amount_changed_amount)::bigint as changed,
    round(won_amount)::bigint as won,
    round(lost_amount)::bigint as lost,
    round(closing_amount)::bigint as closing,
    closing_deals as deals
from marts.mart_pipeline_waterfall
where
    period_type = 'month' and period_start_date = date '2025-06-01' and segment_type = 'all'
    and pipeline = 'New business'
order by array_position(['Discovery', 'Demo', 'Proposal', 'Negotiation'], stage)
