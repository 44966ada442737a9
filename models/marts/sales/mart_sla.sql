{% set cut_by = segments() + ['deadline_owner_team', 'deadline_owner'] %}

with

clocks as (

    select
        *,
        coalesce(owner_rep_key, 'unassigned') as deadline_owner,
        cast(date_trunc('month', started_date) as date) as month_start
    from {{ ref('fct_sla_clocks') }}

),

costs as (

    select
        *,
        cast(date_trunc('month', cost_date) as date) as month_start
    from {{ ref('fct_costs') }}

),

medians as (

    select * from {{ ref('fct_first_contact_medians') }}

),

benchmarks as (

    select * from {{ ref('dim_benchmarks') }} where metric = 'contacted_1h_rate'

),

counted as (

    select
        month_start,
        policy_key,
        stops_on,
        {{ segment_type(cut_by) }} as segment_type,
        {{ segment_value(cut_by) }} as segment_value,
        count(*) as clocks,
        count(*) filter (where status = 'met') as met,
        count(*) filter (where status = 'breached') as breached,
        count(*) filter (where status = 'open_breached') as open_breached,
        count(*) filter (where status = 'pending') as pending,
        count(*) filter (where status = 'unknown') as unknown,
        count(*) filter (where status not in ('pending', 'unknown')) as judged,
        count(*) filter (where is_wasted) as wasted,
        count(*) filter (where not is_contacted) as not_contacted,
        count(*) filter (where is_contacted_before_start) as contacted_before_start,
        median(first_contact_minutes) filter (where stops_on = 'contact') as contacted_only_median_minutes,
        count(*) filter (where stops_on = 'contact' and is_at_least_1h_old and is_contacted_within_1h is not null)
            as at_least_1h_old,
        count(*) filter (where stops_on = 'contact' and is_at_least_1h_old and is_contacted_within_1h)
            as contacted_within_1h
    from clocks
    group by {{ segment_grouping_sets(['month_start', 'policy_key', 'stops_on'], cut_by) }}

),

cohort_costs as (

    select
        month_start,
        {{ segment_type(['channel']) }} as segment_type,
        {{ segment_value(['channel']) }} as segment_value,
        cast(sum(cost_amount) as double) as cost_amount
    from costs
    group by {{ segment_grouping_sets(['month_start'], ['channel']) }}

),

costed_channels as (

    select distinct channel from costs

),

-- A channel bears its own cost, and one without a booking in a month that has some bears none; what one without any
-- booking costs is not known. All other cuts share the month's whole cost evenly.
priced as (

    select
        counted.*,
        case
            when counted.segment_type != 'channel' then whole_costs.cost_amount / whole.clocks
            when whole_costs.cost_amount is not null and costed_channels.channel is not null
                then coalesce(channel_costs.cost_amount, 0.0) / counted.clocks
        end as cost_per_mql
    from counted
    inner join counted as whole
        on
            counted.month_start = whole.month_start
            and counted.policy_key = whole.policy_key
            and counted.stops_on = whole.stops_on
            and whole.segment_type = 'all'
    left join cohort_costs as whole_costs
        on counted.month_start = whole_costs.month_start and whole_costs.segment_type = 'all'
    left join cohort_costs as channel_costs
        on
            counted.month_start = channel_costs.month_start
            and counted.segment_type = channel_costs.segment_type
            and counted.segment_value = channel_costs.segment_value
    left join costed_channels
        on counted.segment_type = 'channel' and counted.segment_value = costed_channels.channel

),

rates as (

    select
        priced.*,
        medians.median_minutes as median_first_contact_minutes,
        medians.median_business_minutes as median_first_contact_business_minutes,
        cast(priced.met as double) / nullif(priced.judged, 0) as sla_attainment_rate,
        {{ wilson_low('priced.met', 'priced.judged') }} as sla_attainment_rate_low,
        {{ wilson_high('priced.met', 'priced.judged') }} as sla_attainment_rate_high,
        cast(priced.contacted_within_1h as double) / nullif(priced.at_least_1h_old, 0) as contacted_1h_rate,
        {{ wilson_low('priced.contacted_within_1h', 'priced.at_least_1h_old') }} as contacted_1h_rate_low,
        {{ wilson_high('priced.contacted_within_1h', 'priced.at_least_1h_old') }} as contacted_1h_rate_high,
        benchmarks.low_value as contacted_1h_benchmark_rate
    from priced
    left join medians
        on
            priced.month_start = medians.month_start_date
            and priced.policy_key = medians.policy_key
            and priced.segment_type = medians.segment_type
            and priced.segment_value = medians.segment_value
    left join benchmarks on true

),

final as (

    select
        'month' as period_type,
        segment_type,
        segment_value,
        policy_key,
        case
            when contacted_1h_rate is null or contacted_1h_benchmark_rate is null then null
            when contacted_1h_rate < contacted_1h_benchmark_rate then 'below'
            else 'within'
        end as benchmark_verdict,
        cast(clocks as bigint) as mqls,
        cast(met as bigint) as met,
        cast(breached as bigint) as breached,
        cast(open_breached as bigint) as open_breached,
        cast(pending as bigint) as pending,
        cast(unknown as bigint) as unknown,
        cast(judged as bigint) as judged,
        sla_attainment_rate,
        sla_attainment_rate_low,
        sla_attainment_rate_high,
        cast(judged as double) / clocks as mature_share,
        cast(not_contacted as bigint) as not_contacted_mqls,
        cast(contacted_before_start as bigint) as contacted_before_start_mqls,
        median_first_contact_minutes,
        median_first_contact_business_minutes,
        contacted_only_median_minutes,
        cast(contacted_within_1h as bigint) as contacted_1h_mqls,
        cast(at_least_1h_old as bigint) as mqls_at_least_1h_old,
        contacted_1h_rate,
        contacted_1h_rate_low,
        contacted_1h_rate_high,
        contacted_1h_benchmark_rate,
        cast(wasted as bigint) as wasted_mqls,
        cost_per_mql as cost_per_mql_amount,
        wasted * cost_per_mql as wasted_mql_cost_amount,
        {{ is_small_n('judged') }} as is_small_n,
        month_start as period_start_date
    from rates

)

select * from final
