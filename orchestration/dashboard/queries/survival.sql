-- How fast do MQLs become SQLs? The share converted by each day, of the last two quarters that had the time.
with quarters as (
    select
        period_start_date,
        is_provisional,
        row_number() over (order by is_provisional, period_start_date desc) as recency
    from marts.mart_funnel_survival
    where
        from_stage = 'mql' and to_stage = 'sql' and period_type = 'quarter' and segment_type = 'all'
        and day_number = 0 and converted_rate is not null
)

select
    curve.period_start_date as quarter,
    quarters.recency,
    curve.day_number as day,
    curve.entrants,
    curve.at_risk_count as at_risk,
    curve.converted_rate as rate,
    curve.converted_rate_low as low,
    curve.converted_rate_high as high,
    curve.is_provisional
from marts.mart_funnel_survival as curve
inner join quarters on curve.period_start_date = quarters.period_start_date
where
    curve.from_stage = 'mql' and curve.to_stage = 'sql'
    and curve.period_type = 'quarter' and curve.segment_type = 'all'
    and quarters.recency <= 2 and curve.converted_rate is not null
order by quarters.recency, curve.day_number
