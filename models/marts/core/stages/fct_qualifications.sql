with

entries as (

    select * from {{ ref('fct_stage_entries') }} where not is_inferred and stage in ('mql', 'sql')

),

cycles as (

    select * from {{ ref('fct_lead_cycles') }}

),

-- read from the cycle: accepted where sales took the MQL up (an SAL after it), rejected where it was put aside before
final as (

    select
        entries.entry_key,
        entries.cycle_key,
        entries.person_key,
        entries.stage,
        case
            when entries.stage != 'mql' then null
            when cycles.sal_observed_at >= cycles.mql_observed_at then 'accepted'
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

)

select * from final
