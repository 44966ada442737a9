select
    strftime(period_start_date, '%Y-%m') as month,
    web_leads,
    leads,
    visitors,
    round(100 * visitor_to_lead_rate, 2) as percent
from marts.mart_traffic
where period_type = 'month' and segment_type = 'all' and visitors > 0
order by month desc
limit 3
