with

persons as (

    select * from {{ ref('dim_persons') }}

),

rare_channels as (

    select * from {{ ref('int_rare_segment_values') }} where segment_type = 'channel'

),

rare_countries as (

    select * from {{ ref('int_rare_segment_values') }} where segment_type = 'country'

),

rule_points as (

    select * from {{ ref('fct_person_rule_points') }}

),

score_events as (

    select * from {{ ref('fct_score_events') }}

),

bands as (

    select * from {{ ref('int_score_bands') }} where dimension = 'score'

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

summed as (

    select
        person_key,
        sum(case when dimension = 'fit' then points else 0 end) as fit,
        sum(case when dimension = 'engagement' then points else 0 end) as engagement,
        sum(case when dimension = 'negative' then -points else 0 end) as negative,
        sum(activity_count) as scored_activities,
        max(last_activity_at) as last_scored_at
    from rule_points
    group by 1

),

highest as (

    select
        person_key,
        max(score_after) as highest_score
    from score_events
    group by 1

),

scored as (

    select
        persons.person_key,
        persons.source_system,
        coalesce(rare_channels.folds_into, persons.channel) as channel,
        coalesce(rare_countries.folds_into, persons.country) as country,
        coalesce(summed.fit, 0) as fit,
        coalesce(summed.engagement, 0) as engagement,
        coalesce(summed.negative, 0) as negative,
        coalesce(summed.fit, 0) + coalesce(summed.engagement, 0) - coalesce(summed.negative, 0) as score,
        highest.highest_score,
        coalesce(summed.scored_activities, 0) as scored_activities,
        summed.last_scored_at
    from persons
    left join summed on persons.person_key = summed.person_key
    left join highest on persons.person_key = highest.person_key
    left join rare_channels on persons.channel = rare_channels.segment_value
    left join rare_countries on persons.country = rare_countries.segment_value

),

final as (

    select
        scored.person_key,
        scored.source_system,
        scored.channel,
        scored.country,
        bands.band as score_band,
        cast(scored.fit as decimal(18, 6)) as fit,
        cast(scored.engagement as decimal(18, 6)) as engagement,
        cast(scored.negative as decimal(18, 6)) as negative,
        cast(scored.score as decimal(18, 6)) as score,
        cast(greatest(scored.score, coalesce(scored.highest_score, scored.score)) as decimal(18, 6)) as highest_score,
        cast(scored.scored_activities as bigint) as scored_activities,
        scored.last_scored_at,
        as_of.as_of as scored_at
    from scored
    cross join as_of
    inner join bands on scored.score >= bands.points_from and scored.score < bands.points_to

)

select * from final
