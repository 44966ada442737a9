select strftime(month_start_date, '%Y-%m') as month, mqls, re_mqls, mqls + re_mqls as all_entries
from marts.mart_mql_report
where segment_type = 'all' and elapsed_working_days > 0
order by month desc
limit 3
