with

entries as (

    select * from {{ ref('fct_stage_entries') }} where not is_inferred and stage in ('mql', 'sql')

),

cycles as (

    select * from {{ ref('fct_lead_cycles') }}

),

stints as (

    select * from {{ ref('fct_stage_stints') }}

),

stages as (

    select * from {{ ref('dim_stages') }} where not is_side

),

recording as (

    select * from {{ ref('dim_recording') }} where subject = 'stage_sal'

),

acceptances as (

    select distinct entries.entry_key
    from entries
    inner join stints as origins on entries.observed_stint_key = origins.stint_key
    inner join stints on entries.cycle_key = stints.cycle_key and origins.stint_number < stints.stint_number
    inner join stages as own on stints.stage = own.stage
    inner join stages as sal on sal.stage = 'sal' and own.ordinal >= sal.ordinal
    where entries.stage = 'mql'

),

-- what sales made of an MQL cannot be told where nobody writes down that sales accepts one
final as (

    select
        entries.entry_key,
        entries.cycle_key,
        entries.person_key,
        entries.stage,
        case
            when entries.stage != 'mql' or not recording.is_recorded then null
            when acceptances.entry_key is not null then 'accepted'
            when coalesce(cycles.disqualified_at, cycles.recycled_at, cycles.lost_at) is not null then 'rejected'
            else 'undecided'
        end as mql_outcome,
        case
            when entries.stage != 'sql' then null
            when cycles.mql_observed_at is null then 'direct'
            when cycles.mql_observed_at <= cycles.sql_observed_at then 'from_mql'
            else 'out_of_order'
        end as sql_origin,
        entries.source_system,
        {%- for segment in segments() if segment != 'source_system' %}
        entries.{{ segment }},
        {%- endfor %}
        entries.is_first_observed,
        entries.entered_date,
        entries.observed_at as entered_at
    from entries
    inner join cycles on entries.cycle_key = cycles.cycle_key
    inner join recording on entries.source_system = recording.source_system
    left join acceptances on entries.entry_key = acceptances.entry_key

)

select * from final
