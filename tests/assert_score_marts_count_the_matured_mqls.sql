-- The MQLs that the score is judged by are the cohorts of the matured conversion rate: same entrants, same conversions,
-- however they are grouped.
{% set cuts = "'" ~ score_cuts() | join("', '") ~ "'" %}
with rates as (

    select
        to_stage,
        segment_type,
        segment_value,
        cast(sum(denominator) as bigint) as mqls,
        cast(sum(numerator) as bigint) as conversions
    from {{ ref('mart_funnel_conversion') }}
    where
        from_stage = 'mql'
        and to_stage in ('sql', 'customer')
        and period_type = 'month'
        and count_mode = 'cycle'
        and order_mode = 'ordered'
        and rate_kind = 'matured'
        and segment_type in ('all', {{ cuts }})
    group by 1, 2, 3

),

judged as (

    select
        bucket_type as mart,
        to_stage,
        segment_type,
        segment_value,
        cast(sum(mqls) as bigint) as mqls,
        cast(sum(conversions) as bigint) as conversions
    from {{ ref('mart_score_calibration') }}
    where period_type = 'all'
    group by 1, 2, 3, 4
    union all
    select
        'quarters' as mart,
        to_stage,
        segment_type,
        segment_value,
        cast(sum(mqls) as bigint) as mqls,
        cast(sum(conversions) as bigint) as conversions
    from {{ ref('mart_score_calibration') }}
    where period_type = 'quarter' and bucket_type = 'decile'
    group by 2, 3, 4
    union all
    select
        'quality' as mart,
        to_stage,
        segment_type,
        segment_value,
        mqls,
        conversions
    from {{ ref('mart_score_quality') }}
    where period_type = 'all'
    union all
    select
        'threshold ' || cast(threshold as string) as mart,
        to_stage,
        segment_type,
        segment_value,
        mqls,
        kept_conversions + given_up_conversions as conversions
    from {{ ref('mart_score_thresholds') }}

)

select
    judged.*,
    rates.mqls as rate_mqls,
    rates.conversions as rate_conversions
from rates
full outer join judged
    on
        rates.to_stage = judged.to_stage
        and rates.segment_type = judged.segment_type
        and rates.segment_value = judged.segment_value
where
    (coalesce(judged.mqls, 0) != coalesce(rates.mqls, 0))
    or (coalesce(judged.conversions, 0) != coalesce(rates.conversions, 0))
