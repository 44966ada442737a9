with

deadlines as (

    select * from {{ ref('fct_sla_deadlines') }} where stops_on = 'stage'

),

followed as (

    select * from {{ ref('fct_sla_contacts') }}

),

stints as (

    select * from {{ ref('fct_stage_stints') }}

),

stop_stages as (

    select * from {{ ref('sla_stop_stages') }}

),

status_decisions as (

    select * from {{ ref('fct_status_changes') }} where is_decision and person_key is not null

),

found as (

    select
        deadlines.clock_key,
        stints.stage as decided_by,
        stints.moment_precision,
        0 as place,
        stints.stint_number,
        stints.entered_at as decided_at
    from deadlines
    inner join stints on deadlines.cycle_key = stints.cycle_key and deadlines.stint_number < stints.stint_number
    inner join stop_stages on deadlines.policy_key = stop_stages.policy_key and stints.stage = stop_stages.stage_key
    union all
    select
        deadlines.clock_key,
        'working_status' as decided_by,
        status_decisions.moment_precision,
        1 as place,
        cast(null as int) as stint_number,
        status_decisions.changed_at as decided_at
    from deadlines
    inner join followed on deadlines.clock_key = followed.clock_key
    inner join status_decisions
        on
            deadlines.person_key = status_decisions.person_key
            and deadlines.started_at < status_decisions.changed_at
            and followed.followed_until_at > status_decisions.changed_at

),

numbered as (

    select
        *,
        row_number() over (
            partition by clock_key order by decided_at, place, stint_number nulls last, moment_precision
        ) as stop_number
    from found

),

final as (

    select
        clock_key,
        decided_by,
        moment_precision,
        decided_at
    from numbered
    where stop_number = 1

)

select * from final
