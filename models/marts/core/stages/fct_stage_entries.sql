with

stints as (

    select * from {{ ref('fct_stage_stints') }}

),

-- the record may begin in the middle: its first change leaves a stage behind that was entered before, when is not known
first_changes as (

    select *
    from {{ ref('int_status_changes_ordered') }}
    where position = 1 and from_stage_key is not null and status_field is distinct from 'working'

),

stages as (

    select * from {{ ref('dim_stages') }} where not is_side

),

observed as (

    select
        *,
        row_number() over (partition by cycle_key, stage order by stint_number) as entry_number
    from stints
    where not is_side

),

shown as (

    select
        cycle_key,
        stint_key,
        stint_number,
        stage,
        entered_at as shown_at
    from stints
    union all
    select
        stints.cycle_key,
        stints.stint_key,
        stints.stint_number,
        first_changes.from_stage_key as stage,
        first_changes.changed_at as shown_at
    from first_changes
    inner join stints
        on
            first_changes.person_key = stints.person_key
            and first_changes.changed_at >= stints.entered_at
            and coalesce(stints.exited_at, timestamp '9999-12-31 00:00:00') > first_changes.changed_at

),

-- A stage counts as reached at the first entry to it or to any later one. With it goes the stint that showed it.
reached as (

    select
        shown.cycle_key,
        stages.stage,
        min_by(shown.stint_key, shown.stint_number) as reached_stint_key,
        min(shown.shown_at) as reached_at
    from shown
    inner join stages as own on shown.stage = own.stage
    inner join stages on own.ordinal >= stages.ordinal
    group by 1, 2

),

entries as (

    select
        reached.cycle_key,
        reached.stage,
        reached.reached_stint_key,
        reached.reached_at,
        observed.stint_key as observed_stint_key,
        observed.entered_at as observed_at,
        coalesce(observed.stint_key, reached.reached_stint_key) as entry_stint_key
    from reached
    left join observed
        on
            reached.cycle_key = observed.cycle_key
            and reached.stage = observed.stage
            and observed.entry_number = 1

),

final as (

    select
        {{ surrogate_key(['entries.cycle_key', 'entries.stage']) }} as entry_key,
        entries.cycle_key,
        stints.person_key,
        entries.observed_stint_key,
        stints.cycle_number,
        entries.stage,
        stints.evidence,
        stints.source_system,
        stints.channel,
        stints.campaign,
        stints.country,
        stints.origin_owner,
        stints.owner_team,
        stints.persona,
        stints.fit_band,
        case when entries.observed_stint_key is null then 'unknown' else stints.moment_precision end
            as moment_precision,
        entries.observed_stint_key is null as is_inferred,
        case
            when entries.observed_stint_key is not null
                then row_number() over (
                    partition by stints.person_key, entries.stage, entries.observed_stint_key is null
                    order by stints.cycle_number
                ) = 1
            else false
        end as is_first_observed,
        row_number() over (partition by stints.person_key, entries.stage order by stints.cycle_number) = 1
            as is_first_reached,
        {{ reporting_date('coalesce(entries.observed_at, entries.reached_at)') }} as entered_date,
        entries.observed_at,
        entries.reached_at
    from entries
    inner join stints on entries.entry_stint_key = stints.stint_key

)

select * from final
