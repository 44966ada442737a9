select
    segment_value as channel,
    sum(bounces)::bigint as bounces,
    sum(sessions)::bigint as visits,
    round(100 * sum(bounces) / sum(sessions), 1) as percent
from marts.mart_traffic
where period_type = 'month' and segment_type = 'channel' and sessions > 0 and period_start_date >= date '2025-01-01'
group by channel
order by percent desc, channel
