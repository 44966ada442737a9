with

moves as (

    select * from {{ ref('int_deal_stage_moves') }}

),

opportunities as (

    select * from {{ ref('int_opportunities') }}
    where coalesce(disposition not in ('test', 'deleted', 'after_as_of'), true)

),

segments as (

    select * from {{ ref('dim_opportunity_segments') }}

),

neighbours as (

    select
        *,
        lag(ordinal) over (partition by opportunity_key order by move_number) as ordinal_before,
        lag(pipeline) over (partition by opportunity_key order by move_number) as pipeline_before,
        lead(stage) over (partition by opportunity_key order by move_number) as next_stage,
        lead(moment_precision) over (partition by opportunity_key order by move_number) as next_precision,
        lead(occurred_at) over (partition by opportunity_key order by move_number) as next_at
    from moves

),

final as (

    select
        {{ surrogate_key(['neighbours.opportunity_key', 'cast(neighbours.move_number as string)']) }}
            as deal_stint_key,
        neighbours.opportunity_key,
        opportunities.person_key,
        {{ surrogate_key(['opportunities.source_system', 'opportunities.owner_rep_id']) }} as owner_rep_key,
        neighbours.move_number as stint_number,
        neighbours.pipeline,
        neighbours.stage,
        neighbours.stage_name,
        cast(neighbours.ordinal as int) as ordinal,
        neighbours.next_stage,
        neighbours.evidence,
        {%- for segment in segments() %}
        segments.{{ segment }},
        {%- endfor %}
        neighbours.outcome is not null as is_closed,
        coalesce(
            neighbours.pipeline = neighbours.pipeline_before and neighbours.ordinal < neighbours.ordinal_before, false
        ) as is_regression,
        neighbours.moment_precision,
        coalesce(neighbours.next_precision, 'exact') as exit_precision,
        neighbours.next_stage is null as is_current,
        {{ reporting_date('neighbours.occurred_at') }} as entered_date,
        {{ reporting_date('neighbours.next_at') }} as exited_date,
        neighbours.occurred_at as entered_at,
        neighbours.next_at as exited_at
    from neighbours
    inner join opportunities on neighbours.opportunity_key = opportunities.opportunity_key
    inner join segments on neighbours.opportunity_key = segments.opportunity_key

)

select * from final
