{% set cut_by = segments() + ['deadline_owner_team', 'deadline_owner'] %}

with

clocks as (

    select
        *,
        coalesce(owner_rep_key, 'unassigned') as deadline_owner,
        cast(date_trunc('month', started_date) as date) as month_start_date
    from {{ ref('fct_sla_clocks') }}
    where stops_on = 'contact'

),

timed as (

    select
        *,
        'elapsed' as clock,
        contact_followed_minutes as minutes
    from clocks
    where contact_followed_minutes is not null
    union all
    select
        *,
        'business' as clock,
        contact_followed_business_minutes as minutes
    from clocks
    where contact_followed_business_minutes is not null

),

-- who is contacted leaves as an event, who is not yet leaves when nobody watches any longer
departures as (

    select
        clock,
        month_start_date,
        policy_key,
        {{ segment_type(cut_by) }} as segment_type,
        {{ segment_value(cut_by) }} as segment_value,
        minutes,
        count(*) filter (where is_contacted) as events,
        count(*) as leaving
    from timed
    group by {{ segment_grouping_sets(['clock', 'month_start_date', 'policy_key', 'minutes'], cut_by) }}

),

at_risk as (

    select
        *,
        sum(leaving) over (
            partition by clock, month_start_date, policy_key, segment_type, segment_value
            order by minutes
            rows between current row and unbounded following
        ) as at_risk
    from departures

),

survival as (

    select
        *,
        {{ kaplan_meier_survival('events', 'at_risk', 'over minutes_so_far') }} as survival
    from at_risk
    window
        minutes_so_far as (
            partition by clock, month_start_date, policy_key, segment_type, segment_value
            order by minutes
            rows between unbounded preceding and current row
        )

),

-- the first moment at which no more than half are left; the billionth is for rounding
final as (

    select
        segment_type,
        segment_value,
        policy_key,
        min(minutes) filter (where clock = 'elapsed') as median_minutes,
        min(minutes) filter (where clock = 'business') as median_business_minutes,
        month_start_date
    from survival
    where survival <= 0.5 + 0.000000001
    group by segment_type, segment_value, policy_key, month_start_date

)

select * from final
