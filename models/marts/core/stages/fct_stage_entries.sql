with

stints as (

    select * from {{ ref('fct_stage_stints') }} where not is_side

),

stages as (

    select * from {{ ref('dim_stages') }} where not is_side

),

observed as (

    select
        *,
        row_number() over (partition by cycle_key, stage order by stint_number) as entry_number
    from stints

),

-- A stage counts as reached at the first entry to it or to any later one. With it goes the stint that showed it.
reached as (

    select
        stints.cycle_key,
        stages.stage,
        min_by(stints.stint_key, stints.stint_number) as reached_stint_key,
        min(stints.entered_at) as reached_at
    from stints
    inner join stages as own on stints.stage = own.stage
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
