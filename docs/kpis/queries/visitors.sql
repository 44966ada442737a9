select strftime(period_start_date, '%Y-%m') as month, visitors, sessions, round(sessions / visitors, 2) as visits_each
from marts.mart_traffic
where period_type = 'month' and segment_type = 'all' and visitors > 0
order by month desc
limit 3
