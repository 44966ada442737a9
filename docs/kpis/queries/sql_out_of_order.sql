select strftime(period_start_date, '%Y-%m') as month, metric_value::int as out_of_order
from marts.mart_metric_values
where metric = 'sql_out_of_order' and period_type = 'month' and segment_type = 'all'
order by month desc
