select
    segment_value as team,
    sum(wasted_mqls)::int as wasted,
    sum(mqls)::int as mqls,
    round(100 * sum(wasted_mqls) / sum(mqls), 1) as percent
from marts.mart_sla
where policy_key = 'first_contact_1h' and segment_type = 'deadline_owner_team' and period_start_date >= date '2025-01-01'
group by team
order by percent desc, team
