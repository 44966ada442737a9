-- Allocation moves costs and neither loses nor makes any: each cut has every month's costs of every type.
with

cuts as (

    select 'channel' as segment_type
    union all
    select 'campaign' as segment_type

),

booked as (

    select
        cuts.segment_type,
        cast(date_trunc('month', costs.cost_date) as date) as month_start_date,
        costs.cost_type,
        sum(costs.cost_amount) as cost_amount
    from {{ ref('fct_costs') }} as costs
    cross join cuts
    group by 1, 2, 3

),

allocated as (

    select
        segment_type,
        month_start_date,
        cost_type,
        sum(cost_amount) as cost_amount
    from {{ ref('fct_allocated_costs') }}
    group by 1, 2, 3

)

select
    booked.*,
    allocated.cost_amount as allocated_amount
from booked
full outer join allocated
    on
        booked.segment_type = allocated.segment_type
        and booked.month_start_date = allocated.month_start_date
        and booked.cost_type = allocated.cost_type
where booked.cost_amount is distinct from allocated.cost_amount
