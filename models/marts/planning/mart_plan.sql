{# not greatest(gap, 0), which takes an unknown gap for none #}
{% set shortfall = 'case when gap > 0 then gap when gap <= 0 then 0.0 end' %}


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

in_flight as (

    select * from {{ ref('fct_in_flight') }}

),

arrivals as (

    select * from {{ ref('fct_stage_arrivals') }}

),

average_deals as (

    select * from {{ ref('fct_average_deals') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

as_of as (

    select max(date_day) as as_of_date from dates where is_elapsed

),

steps as (

    select
        segment_type,
        segment_value,
        {%- for stage, next_stage in plan_steps().items() %}
        {%- set step = "case when from_stage = '" ~ stage ~ "' and to_stage = '" ~ next_stage ~ "' then " %}
        {%- for bound in plan_scenarios().values() %}
        max({{ step }} conversion_rate{{ bound }} end) as {{ stage }}_rate{{ bound }},
        {%- endfor %}
        max({{ step }} numerator end) as {{ stage }}_numerator,
        max({{ step }} denominator end) as {{ stage }}_denominator,
        max({{ step }} median_lag_days end) as {{ stage }}_step_days,
        max(case when from_stage = '{{ stage }}' and to_stage = 'customer' then median_lag_days end)
            as {{ stage }}_days{{ ',' if not loop.last }}
        {%- endfor %}
    from rates
    group by 1, 2

),

goals as (

    select
        target_key as plan_key,
        'target' as goal_source,
        metric as goal_metric,
        segment_type,
        segment_value,
        target_value as goal_value,
        period_start_date,
        period_end_date,
        cast(null as double) as average_deal_amount,
        {%- for stage in plan_steps() %}
        cast(null as double) as {{ stage }}_rate{{ ',' if not loop.last }}
        {%- endfor %}
    from targets
    union all
    select
        {{ surrogate_key(["'plan_assumptions'", 'plan_id']) }} as plan_key,
        'assumption' as goal_source,
        'revenue' as goal_metric,
        'all' as segment_type,
        'all' as segment_value,
        revenue_target as goal_value,
        period_start_date,
        period_end_date,
        average_deal_amount,
        {%- for stage in plan_steps() %}
        {{ stage }}_rate{{ ',' if not loop.last }}
        {%- endfor %}
    from assumptions

),

assumed as (

    {% for scenario, bound in plan_scenarios().items() %}
    select
        goals.plan_key,
        goals.goal_source,
        goals.goal_metric,
        goals.segment_type,
        goals.segment_value,
        '{{ scenario }}' as scenario,
        goals.goal_value,
        coalesce(goals.average_deal_amount, average_deals.average_deal_amount) as average_deal_amount,
        case
            when goals.goal_metric = 'customer' then goals.goal_value
            else
                goals.goal_value
                / nullif(coalesce(goals.average_deal_amount, average_deals.average_deal_amount), 0)
        end as deals,
        {%- for stage in plan_steps() %}
        coalesce(goals.{{ stage }}_rate, steps.{{ stage }}_rate{{ bound }}) as {{ stage }}_rate,
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
    left join steps on goals.segment_type = steps.segment_type and goals.segment_value = steps.segment_value
    left join average_deals
        on goals.segment_type = average_deals.segment_type and goals.segment_value = average_deals.segment_value
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- the reverse funnel: each stage needs what the next one needs, divided by the rate between them
{% set chain = namespace(needed='deals', unknown="case when deals is null then 'no average deal' end") %}
needs as (

    select
        plan_key,
        scenario,
        'customer' as stage,
        {{ chain.unknown }} as unknown_reason,
        {{ chain.needed }} as needed,
        cast(null as double) as next_stage_rate,
        cast(null as bigint) as next_stage_numerator,
        cast(null as bigint) as next_stage_denominator,
        cast(0 as double) as lag_days
    from assumed
    {% for stage, next_stage in plan_steps().items() %}
    {% set chain.needed = chain.needed ~ ' / nullif(' ~ stage ~ '_rate, 0)' %}
    {% set chain.unknown = chain.unknown ~ ", case when " ~ stage ~ "_rate is null then 'no rate from " ~ stage ~ " to "
        ~ next_stage ~ "' when " ~ stage ~ "_rate = 0 then 'the rate from " ~ stage ~ " to " ~ next_stage ~ " is 0' end" %}
    union all
    select
        plan_key,
        scenario,
        '{{ stage }}' as stage,
        coalesce({{ chain.unknown }}) as unknown_reason,
        {{ chain.needed }} as needed,
        {{ stage }}_rate as next_stage_rate,
        {{ stage }}_numerator as next_stage_numerator,
        {{ stage }}_denominator as next_stage_denominator,
        {{ 'lead' if stage == 'visitor' else stage }}_days as lag_days
    from assumed
    {% endfor %}

),

-- who is to buy in the period has to come to the stage as many days before it as the way takes
windows as (

    select
        {{ surrogate_key(['assumed.plan_key', 'assumed.scenario', 'needs.stage']) }} as plan_stage_key,
        assumed.plan_key,
        assumed.goal_source,
        assumed.goal_metric,
        assumed.segment_type,
        assumed.segment_value,
        assumed.scenario,
        assumed.goal_value,
        assumed.average_deal_amount,
        needs.stage,
        needs.unknown_reason,
        needs.needed,
        needs.next_stage_rate,
        needs.next_stage_numerator,
        needs.next_stage_denominator,
        cast(ceil(needs.lag_days) as int) as lag_days,
        assumed.period_start_date,
        assumed.period_end_date,
        cast(assumed.period_start_date - cast(ceil(needs.lag_days) as int) * interval '1 day' as date)
            as needed_from_date,
        cast(assumed.period_end_date - cast(ceil(needs.lag_days) as int) * interval '1 day' as date) as needed_by_date
    from assumed
    inner join needs on assumed.plan_key = needs.plan_key and assumed.scenario = needs.scenario

),

came as (

    select
        windows.plan_stage_key,
        sum(arrivals.arrivals) as persons
    from windows
    inner join arrivals
        on
            windows.stage = arrivals.stage
            and windows.segment_type = arrivals.segment_type
            and windows.segment_value = arrivals.segment_value
            and windows.needed_from_date <= arrivals.arrival_date
            and windows.needed_by_date >= arrivals.arrival_date
    group by 1

),

coming as (

    select
        windows.plan_stage_key,
        sum(
            least(
                cast(in_flight.open_persons as double),
                in_flight.expected_persons
                * coalesce(
                    case windows.scenario
                        when 'low' then own_rates.conversion_rate_low
                        when 'high' then own_rates.conversion_rate_high
                        else own_rates.conversion_rate
                    end,
                    whole_rates.conversion_rate
                )
                / nullif(whole_rates.conversion_rate, 0)
            )
        ) as persons
    from windows
    inner join in_flight
        on
            windows.stage = in_flight.to_stage
            and windows.segment_type = in_flight.segment_type
            and windows.segment_value = in_flight.segment_value
            and windows.needed_from_date <= in_flight.expected_date
            and windows.needed_by_date >= in_flight.expected_date
    inner join rates as whole_rates
        on
            in_flight.from_stage = whole_rates.from_stage
            and in_flight.to_stage = whole_rates.to_stage
            and whole_rates.segment_type = 'all'
    left join rates as own_rates
        on
            in_flight.from_stage = own_rates.from_stage
            and in_flight.to_stage = own_rates.to_stage
            and in_flight.segment_type = own_rates.segment_type
            and in_flight.segment_value = own_rates.segment_value
    group by 1

),

days_left as (

    select
        windows.plan_stage_key,
        count(*) as working_days
    from windows
    inner join dates
        on
            windows.needed_from_date <= dates.date_day
            and windows.needed_by_date >= dates.date_day
            and dates.is_working_day
            and not dates.is_elapsed
    group by 1

),

gaps as (

    select
        windows.*,
        case when windows.lag_days is not null then coalesce(came.persons, 0) end as arrived,
        case when windows.lag_days is not null then coalesce(coming.persons, 0.0) end as in_flight,
        case
            when windows.lag_days is not null
                then windows.needed - coalesce(came.persons, 0) - coalesce(coming.persons, 0.0)
        end as gap,
        case when windows.lag_days is not null then coalesce(days_left.working_days, 0) end as working_days_left,
        windows.needed_by_date <= as_of.as_of_date as is_past
    from windows
    cross join as_of
    left join came on windows.plan_stage_key = came.plan_stage_key
    left join coming on windows.plan_stage_key = coming.plan_stage_key
    left join days_left on windows.plan_stage_key = days_left.plan_stage_key

),

final as (

    select
        plan_stage_key,
        plan_key,
        goal_source,
        goal_metric,
        segment_type,
        segment_value,
        scenario,
        stage,
        unknown_reason,
        goal_value,
        average_deal_amount,
        next_stage_rate,
        next_stage_numerator,
        next_stage_denominator,
        needed,
        {{ ceil_count('needed') }} as needed_count,
        cast(arrived as bigint) as arrived_count,
        in_flight,
        gap,
        {{ ceil_count(shortfall) }} as gap_count,
        lag_days,
        cast(working_days_left as int) as working_days_left,
        {{ shortfall }} / nullif(working_days_left, 0) as gap_per_working_day,
        {{ is_small_n('next_stage_denominator') }} as is_small_n,
        is_past,
        period_start_date,
        period_end_date,
        needed_from_date,
        needed_by_date
    from gaps

)

select * from final
