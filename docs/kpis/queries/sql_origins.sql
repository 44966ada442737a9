select
    strftime(month_start_date, '%Y-%m') as month,
    sqls,
    sqls_from_mql as from_mql,
    sqls_direct as direct,
    sqls_out_of_order as out_of_order
from marts.mart_mql_report
where segment_type = 'all' and elapsed_working_days > 0
order by month desc
limit 6
