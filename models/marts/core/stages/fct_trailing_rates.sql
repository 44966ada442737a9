with

transitions as (

    select * from {{ ref('fct_stage_transitions') }} where is_first_observed and is_mature

),

leads as (

    select * from {{ ref('fct_leads_generated') }}

),

traffic as (

    select * from {{ ref('fct_web_traffic') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

-- a year of cohorts, whatever the horizon: those that matured in the year up to as_of
matured as (

    select
        transitions.*,
        case
            when transitions.converted_at < transitions.matures_at then transitions.followed_days
        end as days_to_convert
    from transitions
    cross join as_of
    where transitions.matures_at > as_of.as_of - {{ trailing_days() }} * interval '1 day'

),

-- leads are set against visitors only while those of their channel are measured
measured as (

    select
        traffic.channel,
        sum(traffic.visitors) as visitors,
        min(traffic.traffic_date) as first_date,
        max(traffic.traffic_date) as last_date
    from traffic
    cross join as_of
    where traffic.traffic_date > cast(as_of.as_of_date - {{ trailing_days() }} * interval '1 day' as date)
    group by traffic.channel

),

web_leads as (

    select
        measured.channel,
        max(measured.visitors) as visitors,
        count(leads.person_key) as leads
    from measured
    left join leads
        on
            measured.channel = leads.channel
            and measured.first_date <= leads.created_date
            and measured.last_date >= leads.created_date
    group by measured.channel

),

counted as (

    select
        {{ segment_type() }} as segment_type,
        {{ segment_value() }} as segment_value,
        from_stage,
        to_stage,
        'matured' as rate_kind,
        horizon_days,
        count(days_to_convert) as numerator,
        count(*) as denominator,
        median(days_to_convert) as median_lag_days
    from matured
    group by {{ segment_grouping_sets(['from_stage', 'to_stage', 'horizon_days']) }}
    union all
    select
        {{ segment_type(['channel']) }} as segment_type,
        {{ segment_value(['channel']) }} as segment_value,
        'visitor' as from_stage,
        'lead' as to_stage,
        'period_ratio' as rate_kind,
        cast(null as int) as horizon_days,
        sum(leads) as numerator,
        sum(visitors) as denominator,
        cast(null as double) as median_lag_days
    from web_leads
    group by {{ segment_grouping_sets([], ['channel']) }}

),

-- more leads than visitors: the traffic is not all there, and nothing can be said
final as (

    select
        segment_type,
        segment_value,
        from_stage,
        to_stage,
        rate_kind,
        horizon_days,
        cast(numerator as bigint) as numerator,
        cast(denominator as bigint) as denominator,
        case
            when numerator <= denominator then numerator / nullif(cast(denominator as double), 0)
        end as conversion_rate,
        case when numerator <= denominator then {{ wilson_low('numerator', 'denominator') }} end
            as conversion_rate_low,
        case when numerator <= denominator then {{ wilson_high('numerator', 'denominator') }} end
            as conversion_rate_high,
        cast(median_lag_days as double) as median_lag_days,
        {{ is_small_n('denominator') }} as is_small_n
    from counted
    -- the whole of no traffic at all
    where denominator is not null

)

select * from final
