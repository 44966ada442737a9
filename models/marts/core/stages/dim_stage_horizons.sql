with

stages as (

    select
        *,
        lead(stage) over (partition by is_side order by ordinal nulls last, stage) as next_stage
    from {{ ref('dim_stages') }}

),

horizons as (

    select * from {{ ref('conversion_horizons') }}

),

final as (

    select
        stages.stage,
        stages.section,
        horizons.to_stage as next_stage,
        cast(horizons.horizon_days as int) as horizon_days
    from stages
    left join horizons on stages.stage = horizons.from_stage and stages.next_stage = horizons.to_stage

)

select * from final
