select strftime(month_start_date, '%Y-%m') as month, mqls, mql_target::int as target
from marts.mart_mql_report
where segment_type = 'all'
order by month desc
limit 3
