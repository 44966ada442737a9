-- What came, against the part of the target that fell to the working days until then; the last twelve months.
select
    metric,
    month_start_date as month,
    actual,
    target_value as target,
    target_so_far,
    target_pace as pace,
    is_month_complete
from marts.mart_working_day_pace
where
    segment_type = 'all' and metric in ('mql', 'sql', 'customer')
    and target_pace is not null and elapsed_working_days > 0
    and month_start_date > (
        select max(month_start_date) - interval 12 month
        from marts.mart_working_day_pace
        where segment_type = 'all' and elapsed_working_days > 0
    )
order by month, metric
