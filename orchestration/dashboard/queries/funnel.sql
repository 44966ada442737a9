-- Of the leads of the last twelve months that had the longest horizon, how many have reached each stage?
with mature_months as (
    select
        period_start_date,
        horizon_days
    from marts.mart_funnel_conversion
    where
        from_stage = 'lead' and to_stage = 'customer' and rate_kind = 'matured' and mature_share = 1
        and period_type = 'month' and segment_type = 'all' and count_mode = 'first' and order_mode = 'ordered'
    order by period_start_date desc
    limit 12
),

-- what is reached later counts too: every stage is of the same leads, and none has more than the one before it
reached as (
    select
        conversion.to_stage as stage,
        min(conversion.period_start_date) as first_month,
        max(conversion.period_start_date) as last_month,
        max(mature_months.horizon_days) as followed_days,
        sum(conversion.entrants) as leads,
        sum(conversion.numerator) as reached
    from marts.mart_funnel_conversion as conversion
    inner join mature_months on conversion.period_start_date = mature_months.period_start_date
    where
        conversion.from_stage = 'lead' and conversion.rate_kind = 'to_date'
        and conversion.period_type = 'month' and conversion.segment_type = 'all'
        and conversion.count_mode = 'first' and conversion.order_mode = 'ordered'
    group by conversion.to_stage
)

select
    reached.stage,
    reached.first_month,
    reached.last_month,
    reached.followed_days,
    cast(reached.leads as bigint) as leads,
    cast(reached.reached as bigint) as reached,
    reached.reached / nullif(reached.leads, 0) as rate,
    coalesce(lag(reached.stage) over (order by stages.ordinal), 'lead') as stage_before,
    reached.reached
    / nullif(coalesce(lag(reached.reached) over (order by stages.ordinal), reached.leads), 0) as step_rate
from reached
inner join core.dim_stages as stages on reached.stage = stages.stage
where reached.leads > 0
order by stages.ordinal
