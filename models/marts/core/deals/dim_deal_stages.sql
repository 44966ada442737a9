with

words as (

    select * from {{ ref('int_pipeline_words') }}

),

horizons as (

    select
        *,
        {{ normalised_word('pipeline') }} as pipeline_word,
        {{ normalised_word('stage') }} as stage_word
    from {{ ref('deal_horizons') }}

),

open_stages as (

    select
        source_system,
        pipeline,
        stage,
        min(stage_name) as stage_name,
        cast(min(ordinal) as int) as ordinal,
        bool_or(is_declared) as is_declared
    from words
    where outcome is null
    group by 1, 2, 3

),

pipelines as (

    select distinct source_system, pipeline from words

),

-- `opened` is the life of a deal as a whole, whatever its stages
stages as (

    select
        source_system,
        pipeline,
        stage,
        stage_name,
        ordinal,
        is_declared,
        case
            when ordinal is not null
                then lead(stage) over (
                    partition by source_system, pipeline, ordinal is null order by ordinal, stage
                )
        end as next_stage
    from open_stages
    union all
    select
        source_system,
        pipeline,
        'opened' as stage,
        'opened' as stage_name,
        cast(null as int) as ordinal,
        false as is_declared,
        cast(null as string) as next_stage
    from pipelines

),

matched as (

    select
        stages.*,
        horizons.next_days,
        horizons.won_days,
        horizons.quiet_days,
        row_number() over (
            partition by stages.source_system, stages.pipeline, stages.stage
            order by
                case when horizons.stage_word is not null then 0 else 1 end,
                case when horizons.pipeline_word is not null then 0 else 1 end
        ) as choice
    from stages
    left join horizons
        on
            coalesce(horizons.pipeline_word, {{ normalised_word('stages.pipeline') }})
            = {{ normalised_word('stages.pipeline') }}
            and coalesce(horizons.stage_word, {{ normalised_word('stages.stage') }})
            = {{ normalised_word('stages.stage') }}

),

final as (

    select
        source_system,
        pipeline,
        stage,
        stage_name,
        ordinal,
        next_stage,
        is_declared,
        next_days,
        won_days,
        quiet_days
    from matched
    where choice = 1

)

select * from final
