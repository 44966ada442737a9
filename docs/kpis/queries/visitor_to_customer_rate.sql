select
    strftime(period_start_date, '%Y-%m') as month,
    round(100 * visitor_to_lead_rate, 2) as visitor_to_lead_percent,
    round(100 * lead_to_customer_rate, 2) as lead_to_customer_percent,
    round(100 * visitor_to_customer_rate, 3) as visitor_to_customer_percent,
    round(1 / visitor_to_customer_rate)::bigint as visitors_per_customer
from marts.mart_traffic
where period_type = 'month' and segment_type = 'all' and mature_share = 1
order by month desc
limit 3
