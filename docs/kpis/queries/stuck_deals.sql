select
    stage,
    count(*) as open,
    count(*) filter (where is_stuck) as stuck,
    count(*) filter (where is_overdue) as overdue,
    count(*) filter (where is_quiet) as quiet,
    count(*) filter (where is_over_horizon) as over_horizon,
    round(sum(case when is_stuck then opportunity_amount end))::bigint as stuck_amount
from marts.mart_open_deals
where pipeline = 'New business'
group by stage
order by array_position(['Discovery', 'Demo', 'Proposal', 'Negotiation'], stage)
