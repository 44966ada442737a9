select
    count(*) filter (where is_won) as won,
    count(*) as closed,
    round(100 * count(*) filter (where is_won) / count(*), 1) as percent_by_count,
    round(sum(case when is_won then opportunity_amount end))::bigint as won_amount,
    round(sum(opportunity_amount))::bigint as closed_amount,
    round(100 * sum(case when is_won then opportunity_amount end) / sum(opportunity_amount), 1) as percent_by_amount
from core.fct_opportunities
where closed_date >= date '2025-01-01' and opportunity_amount is not null and order_type = 'new'
