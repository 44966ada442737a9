select
    strftime(month_start_date, '%Y-%m') as month,
    mqls + re_mqls as entries,
    accepted_mqls as accepted,
    rejected_mqls as rejected,
    undecided_mqls as undecided
from marts.mart_mql_report
where segment_type = 'all' and elapsed_working_days > 0
order by month desc
limit 3
