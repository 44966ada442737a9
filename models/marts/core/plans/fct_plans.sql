-- Grown from loops; `dbt compile -s fct_plans` shows the SQL.
with

targets as (

    select * from {{ ref('fct_targets') }} where metric in ('revenue', 'customer')

),

assumptions as (

    select * from {{ ref('plan_assumptions') }}

),

rates as (

    select * from {{ ref('fct_trailing_rates') }}

),

average_deals as (

    select * from {{ ref('fct_average_deals') }}

),

scenarios as (

    select 'low' as scenario
    union all
    select 'expected' as scenario
    union all
    select 'high' as scenario

),

scenario_rates as (

    select
        rates.segment_type,
        rates.segment_value,
        scenarios.scenario,
        rates.from_stage,
        rates.to_stage,
        case scenarios.scenario
            when 'low' then rates.conversion_rate_low
            when 'high' then rates.conversion_rate_high
            else rates.conversion_rate
        end as rate,
        rates.numerator,
        rates.denominator,
        rates.median_lag_days
    from rates
    cross join scenarios

),

steps as (

    select
        segment_type,
        segment_value,
        scenario,
        {%- for stage, next_stage in plan_steps().items() %}
        {%- set step = "filter (where from_stage = '" ~ stage ~ "' and to_stage = '" ~ next_stage ~ "')" %}
        max(rate) {{ step }} as {{ stage }}_rate,
        max(numerator) {{ step }} as {{ stage }}_numerator,
        max(denominator) {{ step }} as {{ stage }}_denominator,
        max(median_lag_days) {{ step }} as {{ stage }}_step_days,
        {%- endfor %}
        max(median_lag_days) filter (where from_stage = 'sql' and to_stage = 'customer') as sql_days,
        max(median_lag_days) filter (where from_stage = 'mql' and to_stage = 'customer') as mql_days,
        max(median_lag_days) filter (where from_stage = 'lead' and to_stage = 'customer') as lead_days
    from scenario_rates
    group by 1, 2, 3

),

goals as (

    select
        target_key as plan_key,
        'target' as goal_source,
        metric as goal_metric,
        segment_type,
        segment_value,
        target_value as goal_value,
        cast(null as double) as average_deal_amount,
        cast(null as double) as sql_rate,
        cast(null as double) as mql_rate,
        cast(null as double) as lead_rate,
        cast(null as double) as visitor_rate,
        period_start_date,
        period_end_date
    from targets
    union all
    select
        {{ surrogate_key(["'plan_assumptions'", 'plan_id']) }} as plan_key,
        'assumption' as goal_source,
        'revenue' as goal_metric,
        'all' as segment_type,
        'all' as segment_value,
        revenue_target as goal_value,
        average_deal_amount,
        sql_rate,
        mql_rate,
        lead_rate,
        visitor_rate,
        period_start_date,
        period_end_date
    from assumptions

),

final as (

    select
        {{ surrogate_key(['goals.plan_key', 'scenarios.scenario']) }} as plan_scenario_key,
        goals.plan_key,
        goals.goal_source,
        goals.goal_metric,
        goals.segment_type,
        goals.segment_value,
        scenarios.scenario,
        goals.goal_value,
        coalesce(goals.average_deal_amount, average_deals.average_deal_amount) as average_deal_amount,
        case
            when goals.goal_metric = 'customer' then goals.goal_value
            else
                goals.goal_value
                / nullif(coalesce(goals.average_deal_amount, average_deals.average_deal_amount), 0)
        end as deals,
        {%- for stage in plan_steps() %}
        coalesce(goals.{{ stage }}_rate, steps.{{ stage }}_rate) as {{ stage }}_rate,
        case when goals.{{ stage }}_rate is null then steps.{{ stage }}_numerator end as {{ stage }}_numerator,
        case when goals.{{ stage }}_rate is null then steps.{{ stage }}_denominator end as {{ stage }}_denominator,
        {%- endfor %}
        steps.sql_days,
        coalesce(steps.mql_days, steps.mql_step_days + steps.sql_days) as mql_days,
        coalesce(
            steps.lead_days,
            steps.lead_step_days + coalesce(steps.mql_days, steps.mql_step_days + steps.sql_days)
        ) as lead_days,
        goals.period_start_date,
        goals.period_end_date
    from goals
    cross join scenarios
    left join steps
        on
            goals.segment_type = steps.segment_type
            and goals.segment_value = steps.segment_value
            and scenarios.scenario = steps.scenario
    left join average_deals
        on goals.segment_type = average_deals.segment_type and goals.segment_value = average_deals.segment_value

)

select * from final
