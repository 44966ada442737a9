select
    from_stage,
    to_stage,
    horizon_days,
    sum(numerator)::int as converted,
    sum(denominator)::int as deals,
    round(100 * sum(numerator) / sum(denominator), 1) as percent
from marts.mart_deal_conversion
where
    pipeline = 'New business' and segment_type = 'all' and period_type = 'month' and rate_kind = 'matured'
    and order_mode = 'ordered' and year(period_start_date) = 2024
group by from_stage, to_stage, horizon_days
order by array_position(['opened', 'Discovery', 'Demo', 'Proposal', 'Negotiation'], from_stage), to_stage
