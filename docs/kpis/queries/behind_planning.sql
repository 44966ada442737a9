-- the MQLs that make up the pace of the month
select leads.lead_id, members.channel, members.member_date::varchar as mql_date
from marts.mart_metric_members as members
inner join core.dim_leads as leads on members.person_key = leads.lead_key
where members.metric = 'mql' and members.member_date >= date '2025-06-01'
order by members.member_date desc, leads.lead_id
limit 4
