with

stints as (

    select * from {{ ref('fct_stage_stints') }}

),

entries as (

    select * from {{ ref('fct_stage_entries') }}

),

persons as (

    select * from {{ ref('dim_persons') }}

),

starts as (

    select
        *,
        row_number() over (partition by cycle_key order by stint_number) as stint_in_cycle
    from stints

),

-- max_by passes over nulls on DuckDB and not on Spark: without the coalesce, the reason of an earlier side stage would
-- stand for a last one that gives none
summaries as (

    select
        cycle_key,
        max_by(stage, stint_number) as last_stage,
        bool_or(is_regression) as has_regression,
        min(case when stage = 'recycled' then entered_at end) as recycled_at,
        min(case when stage = 'disqualified' then entered_at end) as disqualified_at,
        min(case when stage = 'lost' then entered_at end) as lost_at,
        nullif(max_by(coalesce(reason, ''), stint_number) filter (where is_side), '') as exit_reason,
        max_by(is_side, stint_number) as is_in_side_stage,
        min(entered_date) as started_date,
        min(entered_at) as started_at
    from stints
    group by cycle_key

),

milestones as (

    select
        {%- for stage in main_stages() %}
        max(case when stage = '{{ stage }}' then observed_at end) as {{ stage }}_observed_at,
        max(case when stage = '{{ stage }}' then reached_at end) as {{ stage }}_reached_at,
        {%- endfor %}
        cycle_key
    from entries
    group by cycle_key

),

final as (

    select
        starts.cycle_key,
        starts.person_key,
        starts.cycle_number,
        starts.source_system,
        {%- for segment in segments() if segment != 'source_system' %}
        starts.{{ segment }},
        {%- endfor %}
        summaries.last_stage,
        case
            when milestones.customer_reached_at is not null then 'customer'
            when summaries.is_in_side_stage then summaries.last_stage
            else 'open'
        end as outcome,
        summaries.exit_reason,
        summaries.has_regression,
        starts.cycle_number = 1 and summaries.started_at < persons.created_at as starts_before_creation,
        summaries.started_date,
        summaries.started_at,
        {%- for stage in main_stages() %}
        milestones.{{ stage }}_observed_at,
        milestones.{{ stage }}_reached_at,
        {%- endfor %}
        summaries.recycled_at,
        summaries.disqualified_at,
        summaries.lost_at
    from starts
    inner join persons on starts.person_key = persons.person_key
    inner join summaries on starts.cycle_key = summaries.cycle_key
    left join milestones on starts.cycle_key = milestones.cycle_key
    where starts.stint_in_cycle = 1

)

select * from final
