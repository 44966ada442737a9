with

entries as (

    select * from {{ ref('fct_stage_entries') }} where not is_inferred

),

inferred_entries as (

    select * from {{ ref('fct_stage_entries') }} where is_inferred

),

stints as (

    select * from {{ ref('fct_stage_stints') }}

),

stages as (

    select * from {{ ref('dim_stages') }} where not is_side

),

horizons as (

    select * from {{ ref('conversion_horizons') }}

),

recording as (

    select * from {{ ref('dim_recording') }} where is_recorded

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

-- costs one row per entry and later stint of its cycle: cycles have few stints
conversions as (

    select
        entries.entry_key,
        horizons.to_stage,
        min(case when stints.stint_number > origins.stint_number then stints.entered_at end) as converted_at,
        min(
            case
                when stints.stint_number > origins.stint_number and stints.stage = horizons.to_stage
                    then stints.entered_at
            end
        ) as observed_at,
        min(
            case
                when stints.stint_number = origins.stint_number + 1 and stints.stage = horizons.to_stage
                    then stints.entered_at
            end
        ) as converted_next_at,
        bool_or(
            stints.stint_number > origins.stint_number
            and stints.stage = horizons.to_stage
            and stints.moment_precision = 'day'
        ) as is_converted_on_day,
        min(stints.entered_at) as converted_any_order_at
    from entries
    inner join stints as origins on entries.observed_stint_key = origins.stint_key
    inner join horizons on entries.stage = horizons.from_stage
    inner join stages as targets on horizons.to_stage = targets.stage
    inner join stints on entries.cycle_key = stints.cycle_key
    inner join stages as own on stints.stage = own.stage and targets.ordinal <= own.ordinal
    group by 1, 2

),

-- A stage that a system does not record is no stage that its leads fail to reach. One that a status left behind says
-- was reached converts when that became known, though no stint shows it.
final as (

    select
        {{ surrogate_key(['entries.entry_key', 'horizons.to_stage']) }} as transition_key,
        entries.entry_key,
        entries.cycle_key,
        entries.person_key,
        entries.cycle_number,
        entries.stage as from_stage,
        horizons.to_stage,
        entries.source_system,
        {%- for segment in segments() if segment != 'source_system' %}
        entries.{{ segment }},
        {%- endfor %}
        horizons.horizon_days,
        horizons.lag_months,
        greatest(
            {{ elapsed_days(
                'entries.observed_at', 'coalesce(conversions.converted_at, inferred_entries.reached_at, as_of.as_of)'
            ) }},
            0
        ) as followed_days,
        entries.is_first_observed,
        coalesce(entries.moment_precision = 'day', false) or coalesce(conversions.is_converted_on_day, false)
            as rests_on_day,
        entries.observed_at + horizons.horizon_days * interval '1 day' <= as_of.as_of as is_mature,
        entries.entered_date,
        entries.observed_at as entered_at,
        coalesce(conversions.converted_at, inferred_entries.reached_at) as converted_at,
        conversions.observed_at as converted_observed_at,
        conversions.converted_next_at,
        coalesce(conversions.converted_any_order_at, inferred_entries.reached_at) as converted_any_order_at,
        entries.observed_at + horizons.horizon_days * interval '1 day' as matures_at
    from entries
    inner join horizons on entries.stage = horizons.from_stage
    inner join recording
        on
            entries.source_system = recording.source_system
            and 'stage_' || horizons.to_stage = recording.subject
    cross join as_of
    left join conversions
        on entries.entry_key = conversions.entry_key and horizons.to_stage = conversions.to_stage
    left join inferred_entries
        on
            entries.cycle_key = inferred_entries.cycle_key
            and horizons.to_stage = inferred_entries.stage
            and entries.observed_at < inferred_entries.reached_at

)

select * from final
