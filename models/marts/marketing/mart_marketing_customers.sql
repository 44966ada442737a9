{% set unknown = 'unassigned' %}

with

new_customers as (

    select
        *,
        cast(date_trunc('month', converted_date) as date) as month_start
    from {{ ref('fct_new_customers') }}

),

marketing_touches as (

    select * from {{ ref('fct_touches') }} where is_marketing

),

dates as (

    select distinct month_start_date as month_start from {{ ref('dim_dates') }} where is_elapsed

),

benchmarks as (

    select * from {{ ref('dim_benchmarks') }} where metric = 'marketing_originated_rate'

),

influenced as (

    select distinct new_customers.conversion_key
    from new_customers
    inner join marketing_touches
        on
            new_customers.person_key = marketing_touches.person_key
            and new_customers.cycle_started_at <= marketing_touches.touched_at
            and new_customers.converted_at >= marketing_touches.touched_at

),

counted as (

    select
        new_customers.month_start,
        new_customers.origin_owner,
        count(*) as customers,
        count(influenced.conversion_key) as influenced_customers
    from new_customers
    left join influenced on new_customers.conversion_key = influenced.conversion_key
    group by
        grouping sets (
            (new_customers.month_start, new_customers.origin_owner),
            (new_customers.month_start),
            (new_customers.origin_owner),
            ()
        )

),

origins as (

    select origin_owner from new_customers
    union
    select 'marketing' as origin_owner
    union
    select cast(null as string) as origin_owner

),

-- every month since the first customer, so that one without any shows as zeros and not as a gap
periods as (

    select month_start
    from dates
    where month_start >= (select min(new_customers.month_start) from new_customers)
    union
    select cast(null as date) as month_start

),

shares as (

    select
        periods.month_start,
        origins.origin_owner,
        coalesce(counted.customers, 0) as customers,
        coalesce(counted.influenced_customers, 0) as influenced_customers,
        coalesce(wholes.customers, 0) as all_customers,
        coalesce(unknowns.customers, 0) as unknown_customers
    from periods
    cross join origins
    left join counted
        on
            periods.month_start is not distinct from counted.month_start
            and origins.origin_owner is not distinct from counted.origin_owner
    left join counted as wholes
        on periods.month_start is not distinct from wholes.month_start and wholes.origin_owner is null
    left join counted as unknowns
        on
            periods.month_start is not distinct from unknowns.month_start
            and unknowns.origin_owner = '{{ unknown }}'

),

-- a customer of unknown origin may be anybody's: the rate lies between none and all of them
judged as (

    select
        *,
        all_customers > 0
        and unknown_customers = all_customers
        and coalesce(origin_owner, '{{ unknown }}') != '{{ unknown }}' as is_unknown,
        cast(customers as double) / nullif(cast(all_customers as double), 0) as originated_rate,
        cast(customers + unknown_customers as double) / nullif(cast(all_customers as double), 0) as highest_rate
    from shares

),

final as (

    select
        case when judged.month_start is null then 'all' else 'month' end as period_type,
        coalesce(judged.origin_owner, 'all') as origin_owner,
        '{{ var("sales_model") }}' as sales_model,
        case
            when benchmarks.metric is null or judged.originated_rate is null then null
            when judged.highest_rate < benchmarks.low_value then 'below'
            when judged.originated_rate > benchmarks.high_value then 'above'
            when
                judged.originated_rate >= benchmarks.low_value
                and coalesce(judged.highest_rate <= benchmarks.high_value, true)
                then 'within'
        end as benchmark_verdict,
        case when judged.is_unknown then 'origin_not_recorded' end as unknown_reason,
        cast(judged.customers as bigint) as new_customers,
        cast(judged.all_customers as bigint) as all_new_customers,
        case when not judged.is_unknown then judged.originated_rate end as originated_rate,
        case when not judged.is_unknown then {{ wilson_low('judged.customers', 'judged.all_customers') }} end
            as originated_rate_low,
        case when not judged.is_unknown then {{ wilson_high('judged.customers', 'judged.all_customers') }} end
            as originated_rate_high,
        cast(judged.unknown_customers as double) / nullif(cast(judged.all_customers as double), 0)
            as unknown_origin_share,
        cast(judged.influenced_customers as bigint) as influenced_customers,
        cast(judged.influenced_customers as double) / nullif(cast(judged.customers as double), 0)
            as influenced_rate,
        {{ wilson_low('judged.influenced_customers', 'judged.customers') }} as influenced_rate_low,
        {{ wilson_high('judged.influenced_customers', 'judged.customers') }} as influenced_rate_high,
        benchmarks.low_value as benchmark_low,
        benchmarks.high_value as benchmark_high,
        {{ is_small_n('judged.all_customers') }} as is_small_n,
        judged.month_start as period_start_date
    from judged
    left join benchmarks on judged.origin_owner = 'marketing'

)

select * from final
