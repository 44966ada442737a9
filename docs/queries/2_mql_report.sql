-- What did sales make of the MQLs, and is the month on target?
select
    strftime(month_start_date, '%Y-%m') as month,
    mqls,
    re_mqls,
    accepted_mqls as accepted,
    rejected_mqls as rejected,
    undecided_mqls as undecided,
    round(100 * acceptance_rate) as accepted_percent,
    mql_target as target,
    round(mql_pace, 2) as pace
from marts.mart_mql_report
where segment_type = 'all'
order by month_start_date desc
limit 6
