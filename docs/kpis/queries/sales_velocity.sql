select
    strftime(month_start_date, '%Y-%m') as month,
    open_deals as open,
    round(100 * closed_win_rate, 1) as percent_won,
    round(average_won_amount)::bigint as average_amount,
    round(average_won_cycle_days, 1) as days,
    round(sales_velocity)::bigint as a_day
from marts.mart_deal_performance
where segment_type = 'all' and pipeline = 'New business' and month_start_date >= date '2025-04-01'
order by month_start_date desc
