-- One clock for every observed entry to a policy's start stage while the policy is in force, and no other; the report
-- counts each of them once, in one status. Without the owner's period, an entry would be lost in silence.
with due as (

    select
        policies.policy_key,
        cast(date_trunc('month', entries.entered_date) as date) as month_start,
        count(*) as clocks
    from {{ ref('fct_stage_entries') }} as entries
    inner join {{ ref('sla_policies') }} as policies
        on
            entries.stage = policies.start_stage
            and {{ in_force('policies', 'entries.entered_date') }}
    where
        not entries.is_inferred
        and (
            policies.stops_on != 'contact'
            or entries.source_system in (
                select contacts.source_system
                from {{ ref('fct_contacts') }} as contacts
            )
        )
    group by 1, 2

),

counted as (

    select
        policy_key,
        cast(date_trunc('month', started_date) as date) as month_start,
        count(*) as clocks
    from {{ ref('fct_sla_clocks') }}
    group by 1, 2

),

reported as (

    select
        policy_key,
        segment_type,
        period_start_date as month_start,
        sum(mqls) as clocks,
        sum(met + breached + open_breached + pending + unknown) as statuses
    from {{ ref('mart_sla') }}
    group by 1, 2, 3

)

select
    due.policy_key,
    due.month_start,
    reported.segment_type,
    due.clocks as due,
    counted.clocks as counted,
    reported.clocks as reported,
    reported.statuses
from due
full outer join counted on due.policy_key = counted.policy_key and due.month_start = counted.month_start
full outer join reported
    on
        coalesce(due.policy_key, counted.policy_key) = reported.policy_key
        and coalesce(due.month_start, counted.month_start) = reported.month_start
where
    due.clocks is distinct from counted.clocks
    or due.clocks is distinct from reported.clocks
    or due.clocks is distinct from reported.statuses
