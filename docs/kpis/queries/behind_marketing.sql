select leads.lead_id, members.channel, members.campaign, members.member_date::varchar as bought_on
from marts.mart_metric_members as members
inner join core.dim_leads as leads on members.person_key = leads.lead_key
where members.metric = 'marketing_customers'
order by members.member_date desc, leads.lead_id
limit 4
