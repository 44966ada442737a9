with

days as (

    select min(cost_date) as first_date, max(coalesce(cost_end_date, cost_date)) as last_date
    from {{ ref('int_costs_versioned') }} where _outcome = 'staged' and {{ is_known('cost_date') }}
    union all
    select min(traffic_date) as first_date, max(traffic_date) as last_date
    from {{ ref('int_web_traffic_versioned') }} where _outcome = 'staged' and {{ is_known('traffic_date') }}
    union all
    select min(count_date) as first_date, cast(null as date) as last_date
    from {{ ref('int_stage_counts_versioned') }} where _outcome = 'staged' and {{ is_known('count_date') }}
    union all
    select min(period_start) as first_date, max(period_end) as last_date
    from {{ ref('int_targets_versioned') }} where _outcome = 'staged'
    union all
    select {{ reporting_date('min(ordered_at)') }} as first_date, cast(null as date) as last_date
    from {{ ref('int_orders_versioned') }} where _outcome = 'staged'
    union all
    select {{ reporting_date('min(started_at)') }} as first_date, cast(null as date) as last_date
    from {{ ref('int_subscriptions_versioned') }} where _outcome = 'staged'
    union all
    select {{ reporting_date('min(opportunities.closed_at)') }} as first_date, cast(null as date) as last_date
    from {{ ref('int_opportunities_versioned') }} as opportunities
    inner join {{ ref('int_as_of') }} as as_of on opportunities.created_at >= as_of.begins_at
    where opportunities._outcome = 'staged'
    union all
    select {{ reporting_date('begins_at') }} as first_date, as_of_date as last_date
    from {{ ref('int_as_of') }}

),

-- whole years, so that every month, quarter and week of a report is complete
final as (

    select
        {{ start_of_period('year', 'min(first_date)') }} as first_date,
        {{ end_of_period('year', start_of_period('year', 'max(last_date)')) }} as last_date
    from days

)

select * from final
