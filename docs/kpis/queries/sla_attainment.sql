select
    segment_value as team,
    sum(met)::int as met,
    sum(breached)::int as breached_late,
    sum(open_breached)::int as breached_open,
    sum(pending)::int as pending,
    sum(judged)::int as judged,
    round(100 * sum(met) / sum(judged), 1) as percent
from marts.mart_sla
where policy_key = 'first_contact_1h' and segment_type = 'deadline_owner_team' and period_start_date >= date '2025-01-01'
group by team
order by percent desc, team
