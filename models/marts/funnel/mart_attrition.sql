with

attrition as (

    {{ attrition(
        ref('fct_stage_outcomes'),
        ['stage', 'horizon_days'],
        ['advanced', 'lost', 'disqualified', 'recycled', 'open', 'stalled'],
        ['reason', 'working_status'],
    ) }}
),

stages as (

    select * from {{ ref('dim_stages') }}

),

final as (

    select
        attrition.segment_type,
        attrition.segment_value,
        attrition.stage,
        stages.section,
        attrition.outcome,
        attrition.reason,
        attrition.working_status,
        attrition.horizon_days,
        attrition.entrants,
        attrition.numerator,
        attrition.denominator,
        attrition.outcome_rate,
        attrition.outcome_rate_low,
        attrition.outcome_rate_high,
        attrition.mature_share,
        attrition.is_small_n,
        attrition.is_provisional,
        attrition.month_start_date
    from attrition
    inner join stages on attrition.stage = stages.stage

)

select * from final
