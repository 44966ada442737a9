select
    strftime(period_start_date, '%Y-%m') as month,
    cost_amount as media_cost,
    clicks,
    impressions,
    click_through_rate,
    unknown_reason
from marts.mart_ad_performance
where period_type = 'month' and segment_type = 'all'
order by month desc
limit 3
