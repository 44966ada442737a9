select strftime(period_start_date, '%Y-%m') as month, segment_value as channel, round(search_position, 1) as position
from marts.mart_traffic
where period_type = 'month' and search_position is not null and segment_type = 'channel'
order by month desc, channel
limit 3
