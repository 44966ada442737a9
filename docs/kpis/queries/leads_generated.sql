select channel, mechanism, sum(leads_generated)::bigint as leads
from marts.mart_leads_generated
where month_start_date >= date '2025-04-01'
group by grouping sets ((), (channel, mechanism))
order by leads desc, channel, mechanism
