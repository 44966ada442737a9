select
    strftime(period_start_date, '%Y-%m') as month,
    met,
    judged,
    pending,
    round(100 * sla_attainment_rate, 1) as percent,
    round(100 * sla_attainment_rate_low, 1) as low,
    round(100 * sla_attainment_rate_high, 1) as high
from marts.mart_sla
where policy_key = 'decision_2_days' and segment_type = 'all'
order by month desc
limit 3
