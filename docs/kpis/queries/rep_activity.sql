select
    reps.rep_name as rep,
    rows.team,
    rows.present_working_days as days,
    rows.contacts,
    round(rows.contacts_per_working_day, 2) as per_day,
    rows.activity_quartile,
    round(100 * rows.result_rate, 1) as mql_to_sql_percent,
    rows.result_quartile,
    round(rows.role_activity_result_correlation, 2) as correlation
from marts.mart_rep_performance as rows
inner join core.dim_reps as reps using (rep_key)
where rows.period_type = 'all' and rows.role = 'sdr' and rows.is_compared
order by rows.contacts_per_working_day desc, rep
