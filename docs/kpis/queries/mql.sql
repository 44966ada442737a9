select strftime(month_start_date, '%Y-%m') as month, mqls, mql_target::int as target
from marts.mart_mql_report
where segment_type = 'all' and elapsed_working_days > 0
order by month desc
limit 3
