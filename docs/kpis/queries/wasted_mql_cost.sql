select
    strftime(period_start_date, '%Y-%m') as month,
    wasted_mqls as wasted,
    round(cost_per_mql_amount, 2)::double as cost_per_mql,
    round(wasted_mql_cost_amount)::int as wasted_cost
from marts.mart_sla
where policy_key = 'first_contact_1h' and segment_type = 'all'
order by month desc
limit 3
