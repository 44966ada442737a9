select
    strftime(period_start_date, '%Y-%m') as month,
    mqls,
    not_contacted_mqls as not_contacted,
    round(median_first_contact_minutes)::int as median_minutes,
    round(median_first_contact_minutes / 60, 1) as median_hours,
    round(median_first_contact_business_minutes)::int as median_working_minutes
from marts.mart_sla
where policy_key = 'first_contact_1h' and segment_type = 'all'
order by month desc
limit 3
