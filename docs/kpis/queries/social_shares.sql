select
    strftime(period_start_date, '%Y-%m') as month,
    social_shares,
    pageviews,
    round(1000 * social_shares / pageviews, 1) as shares_per_1000_views
from marts.mart_traffic
where period_type = 'month' and segment_type = 'all' and visitors > 0
order by month desc
limit 3
