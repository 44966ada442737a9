-- How many MQLs became SQLs within the horizon? By month of MQL, with the 95 % interval.
select
    period_start_date as month,
    horizon_days,
    denominator as followed,
    cast(numerator as bigint) as converted,
    conversion_rate as rate,
    conversion_rate_low as low,
    conversion_rate_high as high,
    mature_share,
    is_small_n,
    is_provisional
from marts.mart_funnel_conversion
where
    from_stage = 'mql' and to_stage = 'sql' and rate_kind = 'matured'
    and period_type = 'month' and segment_type = 'all' and count_mode = 'first' and order_mode = 'ordered'
    and conversion_rate is not null
order by month
