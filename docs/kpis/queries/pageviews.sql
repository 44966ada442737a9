select strftime(period_start_date, '%Y-%m') as month, pageviews, sessions, round(pages_per_session, 2) as pages_per_visit
from marts.mart_traffic
where period_type = 'month' and segment_type = 'all' and visitors > 0
order by month desc
limit 3
