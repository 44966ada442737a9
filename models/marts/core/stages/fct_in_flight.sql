with

transitions as (

    select * from {{ ref('fct_stage_transitions') }} where is_first_observed and is_mature

),

entries as (

    select * from {{ ref('fct_stage_entries') }}

),

stints as (

    select * from {{ ref('fct_stage_stints') }}

),

recording as (

    select * from {{ ref('dim_recording') }} where is_recorded

),

rates as (

    select * from {{ ref('fct_trailing_rates') }} where segment_type = 'all' and rate_kind = 'matured'

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

-- The cohort of the trailing rates by the day on which each left the stage. Whoever is still in it after a month
-- converts less often than a newcomer: the chance goes by the time waited, or open leads would be overrated. Costs one
-- row per first entry and later stage, grouped at once to a day of the horizon.
stays as (

    select
        transitions.from_stage,
        transitions.to_stage,
        least(
            transitions.horizon_days,
            coalesce({{ elapsed_days('stints.entered_at', 'stints.exited_at') }}, transitions.horizon_days)
        ) as exit_day,
        count(*) as persons,
        count(*) filter (where transitions.converted_at < transitions.matures_at) as converted_persons
    from transitions
    cross join as_of
    inner join entries on transitions.entry_key = entries.entry_key
    inner join stints on entries.observed_stint_key = stints.stint_key
    where transitions.matures_at > as_of.as_of - {{ trailing_days() }} * interval '1 day'
    group by 1, 2, 3

),

days as (

    select
        from_stage,
        to_stage,
        {{ explode_integers('0', 'horizon_days') }} as day_number
    from rates

),

chances as (

    select
        days.from_stage,
        days.to_stage,
        days.day_number,
        sum(stays.converted_persons) over (
            partition by days.from_stage, days.to_stage order by days.day_number desc
            rows between unbounded preceding and current row
        ) / nullif(
            cast(
                sum(stays.persons) over (
                    partition by days.from_stage, days.to_stage order by days.day_number desc
                    rows between unbounded preceding and current row
                ) as double
            ),
            0
        ) as chance
    from days
    left join stays
        on
            days.from_stage = stays.from_stage
            and days.to_stage = stays.to_stage
            and days.day_number = stays.exit_day

),

arrived as (

    select
        person_key,
        stage
    from entries
    where is_first_reached

),

-- who waits in a stage and was never yet in the later one, while the horizon lasts and where the system records it
waiting as (

    select
        stints.*,
        rates.from_stage,
        rates.to_stage,
        {{ elapsed_days('stints.entered_at', 'as_of.as_of') }} as waited_days,
        greatest(
            cast(stints.entered_date + cast(ceil(rates.median_lag_days) as int) * interval '1 day' as date),
            cast(as_of.as_of_date + interval '1 day' as date)
        ) as expected_date
    from stints
    cross join as_of
    inner join rates on stints.stage = rates.from_stage
    inner join recording
        on stints.source_system = recording.source_system and 'stage_' || rates.to_stage = recording.subject
    left join arrived on stints.person_key = arrived.person_key and rates.to_stage = arrived.stage
    where
        stints.is_open
        and arrived.person_key is null
        and {{ elapsed_days('stints.entered_at', 'as_of.as_of') }} < rates.horizon_days
        and rates.median_lag_days is not null

),

expected as (

    select
        waiting.*,
        coalesce(chances.chance, 0.0) as chance
    from waiting
    left join chances
        on
            waiting.from_stage = chances.from_stage
            and waiting.to_stage = chances.to_stage
            and waiting.waited_days = chances.day_number

),

final as (

    select
        {{ segment_type() }} as segment_type,
        {{ segment_value() }} as segment_value,
        from_stage,
        to_stage,
        count(*) as open_persons,
        sum(chance) as expected_persons,
        expected_date
    from expected
    group by {{ segment_grouping_sets(['from_stage', 'to_stage', 'expected_date']) }}

)

select * from final
