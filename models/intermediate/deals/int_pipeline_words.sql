with

versions as (

    select * from {{ ref('int_opportunities_versioned') }} where _outcome in ('staged', 'superseded')

),

changes as (

    select * from {{ ref('int_opportunity_stage_changes') }}

),

spellings as (

    select * from {{ ref('int_pipeline_spellings') }}

),

stage_map as (

    select
        *,
        row_number() over (partition by source_system, status order by valid_from desc) as age
    from {{ ref('int_stage_map') }}
    where status_field is distinct from 'working'

),

pipeline_names as (

    select
        source_system,
        pipeline_word,
        min(pipeline) as pipeline
    from spellings
    group by 1, 2

),

used as (

    select source_system, pipeline, stage from versions
    union
    select source_system, pipeline, to_stage as stage from changes
    union
    select source_system, pipeline, from_stage as stage from changes

),

words as (

    select
        *,
        coalesce({{ normalised_word('pipeline') }}, '') as pipeline_word,
        {{ normalised_word('stage') }} as stage_word
    from used
    where stage is not null

),

-- of the spellings of one word, one speaks for all
spelled as (

    select
        source_system,
        pipeline_word,
        stage_word,
        min(min(pipeline)) over (partition by source_system, pipeline_word) as pipeline,
        min(min(stage)) over (partition by source_system, stage_word) as stage
    from words
    group by 1, 2, 3

),

mapped as (

    select
        spelled.*,
        case when own.status is not null then own.stage_key else common.stage_key end as stage_key
    from spelled
    left join stage_map as own
        on spelled.source_system = own.source_system and spelled.stage_word = own.status and own.age = 1
    left join stage_map as common
        on common.source_system is null and spelled.stage_word = common.status and common.age = 1

),

-- what a pipeline declares of a stage goes before the stage map
judged as (

    select
        mapped.source_system,
        mapped.pipeline_word,
        mapped.stage_word,
        coalesce(pipeline_names.pipeline, mapped.pipeline, 'default') as pipeline,
        coalesce(spellings.stage, mapped.stage) as stage,
        coalesce(spellings.stage_name, mapped.stage) as stage_name,
        spellings.ordinal,
        case
            when spellings.stage is not null then spellings.outcome
            when mapped.stage_key = 'customer' then 'won'
            when mapped.stage_key = 'lost' then 'lost'
        end as outcome,
        spellings.stage is not null as is_declared
    from mapped
    left join pipeline_names
        on mapped.source_system = pipeline_names.source_system and mapped.pipeline_word = pipeline_names.pipeline_word
    left join spellings
        on
            mapped.source_system = spellings.source_system
            and mapped.pipeline_word = spellings.pipeline_word
            and mapped.stage_word = spellings.stage_word

),

-- an open stage that is called like one of the words for a deal's beginning and end
final as (

    select
        source_system,
        pipeline_word,
        stage_word,
        pipeline,
        case
            when outcome is null and stage in ('opened', 'won', 'lost', 'not_recorded') then stage || ' (stage)'
            else stage
        end as stage,
        stage_name,
        ordinal,
        outcome,
        is_declared
    from judged

)

select * from final
