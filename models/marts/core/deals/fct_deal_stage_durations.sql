with

stints as (

    select * from {{ ref('fct_deal_stage_stints') }} where not is_closed and stage != 'not_recorded'

),

transitions as (

    select * from {{ ref('fct_deal_stage_transitions') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

-- who passes a stage over leaves the watch for it then, and a deal without an outcome at as_of
spans as (

    select
        stints.deal_stint_key as deal_duration_key,
        stints.opportunity_key,
        stints.person_key,
        'time_in_stage' as measure,
        stints.pipeline,
        stints.stage as from_stage,
        cast(null as string) as to_stage,
        {%- for segment in segments() %}
        stints.{{ segment }},
        {%- endfor %}
        stints.exited_at is not null as is_ended,
        stints.moment_precision != 'exact' or stints.exit_precision != 'exact' as rests_on_day,
        stints.entered_date,
        stints.entered_at,
        coalesce(stints.exited_at, as_of.as_of) as ended_at
    from stints
    cross join as_of

    union all

    select
        transitions.deal_transition_key as deal_duration_key,
        transitions.opportunity_key,
        transitions.person_key,
        'time_to_stage' as measure,
        transitions.pipeline,
        transitions.from_stage,
        transitions.to_stage,
        {%- for segment in segments() %}
        transitions.{{ segment }},
        {%- endfor %}
        transitions.converted_observed_at is not null as is_ended,
        transitions.rests_on_day,
        transitions.entered_date,
        transitions.entered_at,
        greatest(
            transitions.entered_at,
            coalesce(transitions.converted_observed_at, transitions.converted_at, as_of.as_of)
        ) as ended_at
    from transitions
    cross join as_of

),

final as (

    select
        *,
        cast({{ microseconds_between('entered_at', 'ended_at') }} as double) / 86400000000 as elapsed_days
    from spans

)

select * from final
