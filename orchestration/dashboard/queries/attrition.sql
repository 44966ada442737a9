-- Why did leads leave the funnel? Entries of the last twelve complete months whose horizon has passed, by reason.
with last_month as (
    select coalesce(max(month_start_date) filter (where is_month_complete), max(month_start_date)) as month_start_date
    from marts.mart_working_day_pace
    where metric = 'lead' and segment_type = 'all' and elapsed_working_days > 0
),

reasons as (
    select
        attrition.outcome,
        attrition.reason,
        cast(sum(attrition.numerator) as bigint) as leads
    from marts.mart_attrition as attrition
    cross join last_month
    where
        attrition.segment_type = 'all' and attrition.outcome in ('lost', 'disqualified', 'recycled')
        and attrition.month_start_date > last_month.month_start_date - interval 12 month
        and attrition.month_start_date <= last_month.month_start_date
    group by attrition.outcome, attrition.reason
)

select
    outcome,
    reason,
    leads,
    leads / sum(leads) over () as share,
    cast(sum(leads) over () as bigint) as all_leads
from reasons
where leads > 0
order by leads desc, outcome, reason
limit 12
