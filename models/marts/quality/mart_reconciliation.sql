with

core_identities as (

    select * from {{ ref('fct_core_identities') }}

),

mql_report as (

    select * from {{ ref('mart_mql_report') }} where segment_type = 'all'

),

attrition as (

    select
        stage,
        month_start_date,
        horizon_days,
        max(denominator) as entrants,
        sum(numerator) as outcomes
    from {{ ref('mart_attrition') }}
    where segment_type = 'all'
    group by 1, 2, 3

),

inventory as (

    select * from {{ ref('mart_stage_inventory') }} where segment_type = 'all'

),

members as (

    select
        metric,
        sum(amount) as amount
    from {{ ref('mart_metric_members') }}
    where member_date is not null
    group by 1

),

metric_values as (

    select * from {{ ref('mart_metric_values') }}

),

campaign_roi as (

    select * from {{ ref('mart_campaign_roi') }} where period_type = 'all'

),

identities as (

    select identity, subject, left_value, right_value from core_identities
    union all
    select
        'mql_outcomes' as identity,
        'mql' as subject,
        sum(mqls + re_mqls) as left_value,
        sum(coalesce(accepted_mqls + rejected_mqls + undecided_mqls, 0) + unrecorded_mqls) as right_value
    from mql_report
    union all
    select
        'sql_origins' as identity,
        'sql' as subject,
        sum(sqls) as left_value,
        sum(sqls_from_mql + sqls_direct + sqls_out_of_order) as right_value
    from mql_report
    union all
    select
        'attrition_outcomes' as identity,
        stage as subject,
        sum(entrants) as left_value,
        sum(outcomes) as right_value
    from attrition
    group by 2
    union all
    select
        'inventory_flow' as identity,
        stage as subject,
        sum(opening_count + inflow_count - outflow_count) as left_value,
        sum(closing_count) as right_value
    from inventory
    group by 2
    union all
    select
        'metric_members' as identity,
        metric_values.metric as subject,
        metric_values.metric_value as left_value,
        members.amount as right_value
    from metric_values
    inner join members on metric_values.metric = members.metric
    where metric_values.period_type = 'all' and metric_values.segment_type = 'all'
    union all
    select
        'shares_within_0_and_1' as identity,
        metric as subject,
        count(*) as left_value,
        count(*) filter (where metric_value between 0 and 1) as right_value
    from metric_values
    where metric_value_low is not null
    group by 2
    union all
    select
        'costs_in_campaign_roi' as identity,
        attribution_model as subject,
        coalesce((select sum(costs.cost_amount) from {{ ref('fct_costs') }} as costs), 0) as left_value,
        sum(full_cost_amount) as right_value
    from campaign_roi
    where segment_type = 'all'
    group by 2

),

compared as (

    select
        identity,
        subject,
        cast(coalesce(left_value, 0) as double) as left_value,
        cast(coalesce(right_value, 0) as double) as right_value,
        abs(cast(coalesce(left_value, 0) as double) - cast(coalesce(right_value, 0) as double))
        <= 0.000000001 * greatest(1.0, abs(cast(coalesce(left_value, 0) as double))) as is_held
    from identities

),

-- two builds may add the same amounts in another order: what that leaves over is no difference
final as (

    select
        identity,
        subject,
        left_value,
        right_value,
        case when is_held then cast(0 as double) else left_value - right_value end as difference,
        is_held
    from compared

)

select * from final
