select
    strftime(period_start_date, '%Y') as year,
    round(won_amount)::bigint as won_amount,
    won_deals_with_amount as deals,
    round(average_deal_amount)::bigint as average_deal,
    round(average_deal_amount_low)::bigint as low,
    round(average_deal_amount_high)::bigint as high
from marts.mart_customer_value
where period_type = 'year' and segment_type = 'all'
order by year desc
