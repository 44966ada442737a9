with

reps as (

    select * from {{ ref('int_reps_versioned') }} where _outcome = 'staged'

),

final as (

    select
        {{ surrogate_key(['source_system', 'rep_id']) }} as rep_key,
        source_system,
        rep_id,
        name,
        coalesce(role, 'unassigned') as role,
        coalesce(team, 'unassigned') as team,
        coalesce(calendar_id, 'default') as calendar_id,
        hourly_cost,
        left_on,
        -- the first known row also speaks for the time before it
        case
            when row_number() over (partition by source_system, rep_id order by valid_from) = 1 then date '1900-01-01'
            else valid_from
        end as valid_from,
        coalesce(
            lead(valid_from) over (partition by source_system, rep_id order by valid_from),
            date '9999-12-31'
        ) as valid_to
    from reps

)

select * from final
