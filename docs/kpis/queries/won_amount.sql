select
    strftime(period_start_date, '%Y-%m') as quarter_from,
    won_deals as deals,
    round(won_amount)::bigint as won_amount
from marts.mart_customer_value
where period_type = 'quarter' and segment_type = 'all'
order by quarter_from desc
limit 3
