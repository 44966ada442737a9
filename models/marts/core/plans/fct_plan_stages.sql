-- Grown from loops; `dbt compile -s fct_plan_stages` shows the SQL.
with

plans as (

    select * from {{ ref('fct_plans') }}

),

-- the reverse funnel: each stage needs what the next one needs, divided by the rate between them
needs as (

    select
        *,
        deals / nullif(sql_rate, 0) as sql_needed,
        deals / nullif(sql_rate, 0) / nullif(mql_rate, 0) as mql_needed,
        deals / nullif(sql_rate, 0) / nullif(mql_rate, 0) / nullif(lead_rate, 0) as lead_needed,
        deals / nullif(sql_rate, 0) / nullif(mql_rate, 0) / nullif(lead_rate, 0) / nullif(visitor_rate, 0)
            as visitor_needed,
        lead_days as visitor_days
    from plans

),

stages as (

    select
        *,
        0 as step_number,
        'customer' as stage,
        deals as needed,
        case when deals is null then 'no average deal' end as own_reason,
        cast(null as double) as next_stage_rate,
        cast(null as bigint) as next_stage_numerator,
        cast(null as bigint) as next_stage_denominator,
        cast(0 as int) as lag_days
    from needs
    {%- for stage, next_stage in plan_steps().items() %}
    union all
    select
        *,
        {{ loop.index }} as step_number,
        '{{ stage }}' as stage,
        {{ stage }}_needed as needed,
        case
            when {{ stage }}_rate is null then 'no rate from {{ stage }} to {{ next_stage }}'
            when {{ stage }}_rate = 0 then 'the rate from {{ stage }} to {{ next_stage }} is 0'
        end as own_reason,
        {{ stage }}_rate as next_stage_rate,
        {{ stage }}_numerator as next_stage_numerator,
        {{ stage }}_denominator as next_stage_denominator,
        cast(ceil({{ stage }}_days) as int) as lag_days
    from needs
    {%- endfor %}

),

final as (

    select
        {{ surrogate_key(['plan_key', 'scenario', 'stage']) }} as plan_stage_key,
        plan_key,
        goal_source,
        goal_metric,
        segment_type,
        segment_value,
        scenario,
        stage,
        min_by(own_reason, case when own_reason is not null then step_number end) over (
            partition by plan_key, scenario
            order by step_number
            rows between unbounded preceding and current row
        ) as unknown_reason,
        goal_value,
        average_deal_amount,
        next_stage_rate,
        next_stage_numerator,
        next_stage_denominator,
        needed,
        lag_days,
        period_start_date,
        period_end_date,
        -- who is to buy in the period has to come to the stage as many days before it as the way takes
        cast(period_start_date - lag_days * interval '1 day' as date) as needed_from_date,
        cast(period_end_date - lag_days * interval '1 day' as date) as needed_by_date
    from stages

)

select * from final
