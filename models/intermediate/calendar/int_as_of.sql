with

-- what the CRM says, not orders: an order may carry the day on which it is due, far ahead of what is known
moments as (

    select max(created_at) as moment from {{ ref('int_leads_versioned') }} where _outcome = 'staged'
    union all
    select max(updated_at) as moment from {{ ref('int_leads_versioned') }} where _outcome = 'staged'
    union all
    select max(changed_at) as moment from {{ ref('int_lead_status_changes_versioned') }} where _outcome = 'staged'
    union all
    select max(occurred_at) as moment from {{ ref('int_activities_versioned') }}
    where _outcome = 'staged' and {{ is_done_activity() }}
    union all
    select max(created_at) as moment from {{ ref('int_opportunities_versioned') }} where _outcome = 'staged'
    union all
    select max(closed_at) as moment from {{ ref('int_opportunities_versioned') }} where _outcome = 'staged'

),

-- speaks where nothing else does: counts have no moments, only days, and the first one of a longer period
counted as (

    select
        {{ start_of_reporting_day("cast(max(count_date) + interval '1 day' as date)") }} - interval '1 second' as moment
    from {{ ref('int_stage_counts_versioned') }}
    where _outcome = 'staged' and count_date <= cast(_loaded_at as date)

),

pinned as (

    select
        coalesce(
            cast({{ "'" ~ pinned_as_of() ~ "'" if pinned_as_of() else 'null' }} as timestamp),
            max(moments.moment),
            max(counted.moment)
        ) as as_of
    from moments
    cross join counted

),

final as (

    select
        as_of,
        {{ reporting_date('as_of') }} as as_of_date
    from pinned

)

select * from final
