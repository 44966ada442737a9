select
    strftime(month_start_date, '%Y-%m') as month,
    pipeline,
    won_deals as won,
    closed_deals as closed,
    round(100 * closed_win_rate, 1) as percent,
    round(100 * closed_win_rate_low, 1) as low,
    round(100 * closed_win_rate_high, 1) as high
from marts.mart_deal_performance
where segment_type = 'all' and month_start_date >= date '2025-04-01' and pipeline = 'New business'
order by month_start_date desc
