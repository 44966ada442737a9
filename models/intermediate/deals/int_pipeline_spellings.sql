with

declared as (

    select
        source_system,
        coalesce(pipeline_name, pipeline, 'default') as pipeline,
        stage,
        coalesce(stage_name, stage) as stage_name,
        ordinal,
        case when is_won then 'won' when is_lost then 'lost' end as outcome,
        coalesce({{ normalised_word('pipeline') }}, '') as pipeline_word,
        {{ normalised_word('pipeline_name') }} as pipeline_name_word,
        {{ normalised_word('stage') }} as stage_word,
        {{ normalised_word('stage_name') }} as stage_name_word
    from {{ ref('int_pipeline_stages_versioned') }}
    where _outcome = 'staged'

),

pipelines_alone as (

    select source_system
    from declared
    group by 1
    having min(pipeline_word) = max(pipeline_word)

),

-- an export names a pipeline by its id or by its name, and not at all where there is one alone
pipelines as (

    select
        *,
        pipeline_word as spelled_pipeline,
        1 as pipeline_preference
    from declared
    union all
    select
        *,
        pipeline_name_word as spelled_pipeline,
        2 as pipeline_preference
    from declared
    where pipeline_name_word is not null
    union all
    select
        declared.*,
        '' as spelled_pipeline,
        3 as pipeline_preference
    from declared
    inner join pipelines_alone on declared.source_system = pipelines_alone.source_system

),

stages as (

    select
        *,
        stage_word as spelled_stage,
        1 as stage_preference
    from pipelines
    union all
    select
        *,
        stage_name_word as spelled_stage,
        2 as stage_preference
    from pipelines
    where stage_name_word is not null

),

-- an id goes before a name
ranked as (

    select
        *,
        row_number() over (
            partition by source_system, spelled_pipeline, spelled_stage
            order by pipeline_preference, stage_preference, pipeline_word, ordinal nulls last, stage
        ) as choice
    from stages

),

final as (

    select
        source_system,
        spelled_pipeline as pipeline_word,
        spelled_stage as stage_word,
        pipeline,
        stage,
        stage_name,
        ordinal,
        outcome
    from ranked
    where choice = 1

)

select * from final
