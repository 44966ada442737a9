select
    strftime(month_start_date, '%Y-%m') as month,
    previous_working_days as days_before,
    working_days as days,
    round(100 * required_change, 1) as percent
from marts.mart_working_day_pace
where segment_type = 'all' and metric = 'mql' and month_start_date >= date '2025-06-01'
order by month
