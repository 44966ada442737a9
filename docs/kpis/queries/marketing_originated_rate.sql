select
    origin_owner as origin,
    new_customers as customers,
    all_new_customers as all_customers,
    round(100 * originated_rate, 1) as percent,
    round(100 * originated_rate_low, 1) as low,
    round(100 * originated_rate_high, 1) as high,
    benchmark_verdict as verdict
from marts.mart_marketing_customers
where period_type = 'all' and origin_owner <> 'all'
order by customers desc, origin
