-- the same arithmetic at mid-month; the last month of the demo is complete, so its projection is the actual figure
with halfway as (
    select
        count(*) filter (where is_working_day and date_day <= date '2025-06-13') as elapsed,
        count(*) filter (where is_working_day) as days
    from core.dim_dates
    where month_start_date = date '2025-06-01'
),

arrived as (
    select
        sum(amount) filter (where member_date <= date '2025-06-13') as by_then,
        sum(amount) as in_the_end
    from marts.mart_metric_members
    where metric = 'mql' and member_date between date '2025-06-01' and date '2025-06-30'
)

select
    by_then::int as mqls_by_june_13,
    elapsed,
    days,
    round(by_then * days / elapsed, 1) as projection,
    in_the_end::int as in_the_end
from halfway
cross join arrived
