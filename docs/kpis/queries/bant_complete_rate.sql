select
    strftime(month_start_date, '%Y-%m') as month,
    sqls,
    assessed_sqls as assessed,
    complete_sqls as complete,
    round(100 * bant_complete_rate, 1) as percent,
    budget_asked_sqls as budget_asked,
    budget_true_sqls as budget_true
from marts.mart_bant_completeness
where segment_type = 'all'
order by month desc
limit 3
