-- Were MQLs contacted in time? By month of MQL: met, late, not contacted though the time is up, and still in time.
select
    period_start_date as month,
    mqls,
    met,
    breached as late,
    open_breached as never,
    pending,
    judged,
    sla_attainment_rate as rate,
    sla_attainment_rate_low as low,
    sla_attainment_rate_high as high
from marts.mart_sla
where
    policy_key = 'first_contact_1h' and period_type = 'month' and segment_type = 'all'
    and period_start_date > (
        select max(period_start_date) - interval 12 month
        from marts.mart_sla
        where policy_key = 'first_contact_1h' and period_type = 'month' and segment_type = 'all'
    )
order by month
