select
    strftime(month_start_date, '%Y-%m') as month,
    promised_opportunities as promised,
    won_on_time_opportunities as won_on_time,
    won_late_opportunities as won_late,
    lost_opportunities as lost,
    open_opportunities as open,
    slipped_opportunities as slipped,
    overdue_opportunities as overdue
from marts.mart_pipeline_slippage
where segment_type = 'all' and month_start_date <= date '2025-06-01'
order by month desc
limit 3
