select
    origin_owner as origin,
    influenced_customers as influenced,
    new_customers as customers,
    round(100 * influenced_rate, 1) as percent
from marts.mart_marketing_customers
where period_type = 'all'
order by customers desc, origin
