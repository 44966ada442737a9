select channel, count(*) as direct_sqls
from marts.mart_metric_members
where metric = 'sql_direct' and member_date >= date '2025-01-01'
group by channel
order by direct_sqls desc, channel
