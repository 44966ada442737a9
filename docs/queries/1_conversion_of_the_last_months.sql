-- How many MQLs become SQLs within 60 days? By month of MQL, with the 95 % interval; only mature months.
select
    strftime(period_start_date, '%Y-%m') as cohort,
    denominator as mqls,
    numerator::int as became_sql,
    round(100 * conversion_rate, 1) as percent,
    round(100 * conversion_rate_low, 1) || ' - ' || round(100 * conversion_rate_high, 1) as interval_95
from marts.mart_funnel_conversion
where
    from_stage = 'mql' and to_stage = 'sql'
    and rate_kind = 'matured' and count_mode = 'first' and order_mode = 'ordered'
    and period_type = 'month' and segment_type = 'all' and mature_share = 1
order by cohort desc
limit 6
