-- MQLs of the first quarter with a complete horizon that did not become SQLs: in the denominator, not the numerator
select leads.lead_id, cohort.channel, cohort.owner_team, cohort.member_date::varchar as mql_date
from marts.mart_metric_members as cohort
left join marts.mart_metric_members as converted
    on converted.metric = 'mql_to_sql_converted' and cohort.member_key = converted.member_key
inner join core.dim_leads as leads on cohort.person_key = leads.lead_key
where
    cohort.metric = 'mql_to_sql_mature' and converted.member_key is null
    and cohort.member_date between date '2025-01-01' and date '2025-03-31'
order by cohort.member_date, leads.lead_id
limit 4
