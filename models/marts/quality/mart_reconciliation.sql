with

-- a file may feed a second table of the contract with some of its rows; in one of them, each row is accounted for
landed_files as (

    select
        file_id,
        min(source_name || '.' || raw_table) as raw_table,
        min(landed_rows) as landed,
        max(staged_rows + superseded_rows + quarantined_rows) as accounted
    from {{ ref('fct_landed_files') }}
    where error is null
    group by 1

),

staged_leads as (

    select coalesce(sum(staged_rows), 0) as staged
    from {{ ref('fct_landed_files') }}
    where contract_table = 'leads'

),

leads as (

    select
        disposition,
        count(*) as lead_count
    from {{ ref('dim_leads') }}
    group by 1

),

persons as (

    select
        (select count(*) from {{ ref('dim_persons') }}) as person_count,
        (select count(distinct stints.person_key) from {{ ref('fct_stage_stints') }} as stints) as with_stints,
        (select count(*) from {{ ref('fct_lead_cycles') }} as cycles where cycles.cycle_number = 1) as first_cycles

),

mql_report as (

    select * from {{ ref('mart_mql_report') }} where segment_type = 'all'

),

attrition as (

    select
        stage,
        month_start_date,
        max(denominator) as entrants,
        sum(numerator) as outcomes
    from {{ ref('mart_attrition') }}
    where segment_type = 'all'
    group by 1, 2

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

attributions as (

    select
        attribution_model,
        sum(weight) as weight,
        count(distinct conversion_key) as conversions
    from {{ ref('fct_attributions') }}
    group by 1

),

campaign_roi as (

    select * from {{ ref('mart_campaign_roi') }} where period_type = 'all'

),

identities as (

    select
        'landed_rows' as identity,
        raw_table as subject,
        sum(landed) as left_value,
        sum(accounted) as right_value
    from landed_files
    group by 2
    union all
    select
        'staged_leads' as identity,
        'leads' as subject,
        (select files.staged from staged_leads as files) as left_value,
        sum(lead_count) as right_value
    from leads
    union all
    select
        'one_lead_survives_per_person' as identity,
        'leads' as subject,
        sum(case when disposition = 'survivor' then lead_count else 0 end) as left_value,
        (select all_persons.person_count from persons as all_persons) as right_value
    from leads
    union all
    select
        'persons_have_stints' as identity,
        'persons' as subject,
        person_count as left_value,
        with_stints as right_value
    from persons
    union all
    select
        'persons_have_a_first_cycle' as identity,
        'persons' as subject,
        person_count as left_value,
        first_cycles as right_value
    from persons
    union all
    select
        'mql_outcomes' as identity,
        'mql' as subject,
        sum(mqls + re_mqls) as left_value,
        sum(accepted_mqls + rejected_mqls + undecided_mqls) as right_value
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
        'attribution_weights' as identity,
        attribution_model as subject,
        conversions as left_value,
        weight as right_value
    from attributions
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
