-- A fact has all staged records of its table but those after as_of: no join on the way drops or doubles one.
with staged as (

    select contract_table, sum(staged_rows) as staged_rows
    from {{ ref('fct_landed_files') }}
    where contract_table is not null
    group by 1

),

kept as (

    select 'activities' as contract_table, count(*) as fact_rows from {{ ref('fct_activities') }}
    union all
    select 'activities' as contract_table, count(*) as fact_rows from {{ ref('int_activities') }} where is_after_as_of
    union all
    select 'lead_status_changes' as contract_table, count(*) as fact_rows from {{ ref('fct_status_changes') }}
    union all
    select 'lead_status_changes' as contract_table, count(*) as fact_rows
    from {{ ref('int_status_changes') }}
    where is_after_as_of
    union all
    select 'opportunities' as contract_table, count(*) as fact_rows from {{ ref('fct_opportunities') }}
    union all
    select 'opportunities' as contract_table, count(*) as fact_rows
    from {{ ref('int_opportunities_versioned') }} as opportunities
    inner join {{ ref('int_as_of') }} as as_of
        on opportunities.created_at > as_of.as_of or opportunities.created_at < as_of.begins_at
    where opportunities._outcome = 'staged'
    union all
    select 'orders' as contract_table, count(*) as fact_rows from {{ ref('fct_orders') }}
    union all
    select 'orders' as contract_table, count(*) as fact_rows
    from {{ ref('int_orders_versioned') }} as orders
    inner join {{ ref('int_as_of') }} as as_of on orders.ordered_at > as_of.as_of
    where orders._outcome = 'staged'
    union all
    select 'subscriptions' as contract_table, count(*) as fact_rows from {{ ref('fct_subscriptions') }}
    union all
    select 'subscriptions' as contract_table, count(*) as fact_rows
    from {{ ref('int_subscriptions_versioned') }} as subscriptions
    inner join {{ ref('int_as_of') }} as as_of on subscriptions.started_at > as_of.as_of
    where subscriptions._outcome = 'staged'
    union all
    select 'costs' as contract_table, count(*) as fact_rows
    from (select distinct source_system, cost_id from {{ ref('fct_costs') }}) as costs
    union all
    select 'costs' as contract_table, count(*) as fact_rows
    from {{ ref('int_costs_versioned') }}
    where _outcome = 'staged' and not {{ is_known('cost_date') }}
    union all
    select 'web_traffic' as contract_table, count(*) as fact_rows from {{ ref('fct_web_traffic') }}
    union all
    select 'web_traffic' as contract_table, count(*) as fact_rows
    from {{ ref('int_web_traffic_versioned') }} as web_traffic
    inner join {{ ref('int_as_of') }} as as_of on web_traffic.traffic_date > as_of.as_of_date
    where web_traffic._outcome = 'staged'
    union all
    select 'stage_counts' as contract_table, count(*) as fact_rows from {{ ref('fct_stage_counts') }}
    union all
    select 'stage_counts' as contract_table, count(*) as fact_rows
    from {{ ref('int_stage_counts_versioned') }} as counts
    inner join {{ ref('int_as_of') }} as as_of on counts.count_date > as_of.as_of_date
    where counts._outcome = 'staged'
    union all
    select 'lead_grades' as contract_table, count(*) as fact_rows from {{ ref('fct_lead_grades') }}
    union all
    select 'lead_grades' as contract_table, count(*) as fact_rows
    from {{ ref('int_lead_grades_versioned') }} as grades
    inner join {{ ref('int_as_of') }} as as_of on grades.graded_at > as_of.as_of
    where grades._outcome = 'staged'
    union all
    select 'bant_assessments' as contract_table, count(*) as fact_rows from {{ ref('fct_bant_assessments') }}
    union all
    select 'bant_assessments' as contract_table, count(*) as fact_rows
    from {{ ref('int_bant_assessments_versioned') }} as assessments
    inner join {{ ref('int_as_of') }} as as_of on assessments.assessed_at > as_of.as_of
    where assessments._outcome = 'staged'

),

compared as (

    select
        kept.contract_table,
        coalesce(max(staged.staged_rows), 0) as staged_rows,
        sum(kept.fact_rows) as fact_rows
    from kept
    left join staged on kept.contract_table = staged.contract_table
    group by 1

)

select * from compared where staged_rows != fact_rows
