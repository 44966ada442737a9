-- Each fact is summed by rep and month before it is joined: one pass over the activities that people made.
{% set stages = ['sal', 'sql', 'opportunity'] %}

with

reps as (

    select * from {{ ref('dim_reps') }}

),

rep_versions as (

    select * from {{ ref('int_rep_validity') }}

),

declarations as (

    select
        source_system,
        rep_id,
        min(valid_from) as employed_from
    from {{ ref('int_reps_versioned') }}
    where _outcome = 'staged'
    group by 1, 2

),

calendar_days as (

    select * from {{ ref('dim_calendar_days') }} where is_elapsed

),

activities as (

    select * from {{ ref('fct_activities') }}
    where is_human_outbound and rep_key is not null and lead_disposition != 'test'

),

clocks as (

    select * from {{ ref('fct_sla_clocks') }} where start_stage = 'mql' and contact_rep_key is not null

),

transitions as (

    select * from {{ ref('fct_stage_transitions') }} where from_stage = 'mql'

),

opportunities as (

    select * from {{ ref('fct_opportunities') }} where owner_rep_key is not null

),

known_calendars as (

    select distinct calendar_id from calendar_days

),

employed as (

    select
        rep_versions.rep_key,
        rep_versions.role,
        rep_versions.team,
        coalesce(known_calendars.calendar_id, '{{ var("reporting_calendar") }}') as calendar_id,
        greatest(rep_versions.valid_from, declarations.employed_from) as first_date,
        least(
            cast(rep_versions.valid_to - interval '1 day' as date), coalesce(reps.left_date, date '9999-12-31')
        ) as last_date
    from rep_versions
    inner join reps on rep_versions.rep_key = reps.rep_key
    inner join declarations
        on rep_versions.source_system = declarations.source_system and rep_versions.rep_id = declarations.rep_id
    left join known_calendars on rep_versions.calendar_id = known_calendars.calendar_id

),

-- role and team of a month are those of its last day in employment
presence as (

    select
        employed.rep_key,
        cast(date_trunc('month', calendar_days.date_day) as date) as month_start,
        max_by(employed.role, calendar_days.date_day) as role,
        max_by(employed.team, calendar_days.date_day) as team,
        count(*) filter (where calendar_days.is_working_day) as present_working_days
    from employed
    inner join calendar_days
        on
            employed.calendar_id = calendar_days.calendar_id
            and calendar_days.date_day between employed.first_date and employed.last_date
    group by 1, 2

),

efforts as (

    select
        rep_key,
        cast(date_trunc('month', occurred_date) as date) as month_start,
        count(*) as contacts,
        count(*) filter (where mechanism = 'call') as calls,
        count(*) filter (where mechanism = 'email') as emails,
        count(*) filter (where activity_type = 'meeting') as meetings,
        count(*) filter (where activity_type = 'demo') as demos,
        sum(coalesce(duration_seconds, 0)) as contact_seconds
    from activities
    group by 1, 2

),

-- an MQL is worked by the rep who made the first contact in its cycle; each cycle once, whatever the policies
worked as (

    select
        cycle_key,
        min(contact_rep_key) as rep_key,
        cast(date_trunc('month', min(started_date)) as date) as month_start
    from clocks
    group by 1

),

conversions as (

    select
        cycle_key,
        {%- for stage in stages %}
        bool_or(to_stage = '{{ stage }}' and is_mature) as is_{{ stage }}_mature,
        bool_or(to_stage = '{{ stage }}' and is_mature and coalesce(converted_at < matures_at, false))
            as is_{{ stage }}{{ ',' if not loop.last }}
        {%- endfor %}
    from transitions
    group by 1

),

mql_results as (

    select
        worked.rep_key,
        worked.month_start,
        count(*) as mqls_worked,
        {%- for stage in stages %}
        count(*) filter (where conversions.is_{{ stage }}_mature) as {{ stage }}_mature_mqls,
        count(*) filter (where conversions.is_{{ stage }}) as {{ stage }}_mqls{{ ',' if not loop.last }}
        {%- endfor %}
    from worked
    left join conversions on worked.cycle_key = conversions.cycle_key
    group by 1, 2

),

deals as (

    select
        owner_rep_key as rep_key,
        cast(date_trunc('month', created_date) as date) as month_start,
        1 as opened,
        0 as closed,
        0 as won,
        cast(0 as decimal(18, 2)) as won_amount
    from opportunities

    union all

    select
        owner_rep_key as rep_key,
        cast(date_trunc('month', closed_date) as date) as month_start,
        0 as opened,
        1 as closed,
        case when is_won then 1 else 0 end as won,
        cast(case when is_won then coalesce(opportunity_amount, 0) else 0 end as decimal(18, 2)) as won_amount
    from opportunities
    where not is_open

),

deal_results as (

    select
        rep_key,
        month_start,
        sum(opened) as opportunities_opened,
        sum(closed) as opportunities_closed,
        sum(won) as opportunities_won,
        sum(won_amount) as won_amount
    from deals
    group by 1, 2

),

rep_months as (

    select
        rep_key,
        month_start
    from presence
    union
    select
        rep_key,
        month_start
    from efforts
    union
    select
        rep_key,
        month_start
    from mql_results
    union
    select
        rep_key,
        month_start
    from deal_results

),

final as (

    select
        {{ surrogate_key(['rep_months.rep_key', 'cast(rep_months.month_start as string)']) }} as rep_month_key,
        rep_months.rep_key,
        coalesce(presence.role, reps.role) as role,
        coalesce(presence.team, reps.team) as team,
        cast(case when reps.is_declared then coalesce(presence.present_working_days, 0) end as bigint)
            as present_working_days,
        {%- for measure in ['contacts', 'calls', 'emails', 'meetings', 'demos'] %}
        cast(coalesce(efforts.{{ measure }}, 0) as bigint) as {{ measure }},
        {%- endfor %}
        cast(coalesce(efforts.contact_seconds, 0) as double) / 60 as contact_minutes,
        cast(coalesce(mql_results.mqls_worked, 0) as bigint) as mqls_worked,
        {%- for stage in stages %}
        cast(coalesce(mql_results.{{ stage }}_mature_mqls, 0) as bigint) as {{ stage }}_mature_mqls,
        cast(coalesce(mql_results.{{ stage }}_mqls, 0) as bigint) as {{ stage }}_mqls,
        {%- endfor %}
        {%- for measure in ['opportunities_opened', 'opportunities_closed', 'opportunities_won'] %}
        cast(coalesce(deal_results.{{ measure }}, 0) as bigint) as {{ measure }},
        {%- endfor %}
        cast(coalesce(deal_results.won_amount, 0) as decimal(18, 2)) as won_amount,
        reps.is_declared,
        coalesce(presence.present_working_days, 0) > 0 as is_present,
        rep_months.month_start as month_start_date
    from rep_months
    inner join reps on rep_months.rep_key = reps.rep_key
    left join presence on rep_months.rep_key = presence.rep_key and rep_months.month_start = presence.month_start
    left join efforts on rep_months.rep_key = efforts.rep_key and rep_months.month_start = efforts.month_start
    left join mql_results
        on rep_months.rep_key = mql_results.rep_key and rep_months.month_start = mql_results.month_start
    left join deal_results
        on rep_months.rep_key = deal_results.rep_key and rep_months.month_start = deal_results.month_start

)

select * from final
