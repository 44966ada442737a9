-- A score is the sum of what its rules give, and each dimension of those of its kind: what a rep reads as reasons is
-- the score, and nothing else is.
with rule_points as (

    select
        person_key,
        sum(points) as score,
        sum(case when dimension = 'fit' then points else 0 end) as fit,
        sum(case when dimension = 'engagement' then points else 0 end) as engagement,
        sum(case when dimension = 'negative' then -points else 0 end) as negative
    from {{ ref('fct_person_rule_points') }}
    group by 1

),

compared as (

    select
        scores.person_key,
        scores.score,
        scores.score - coalesce(rule_points.score, 0) as score_difference,
        scores.fit - coalesce(rule_points.fit, 0) as fit_difference,
        scores.engagement - coalesce(rule_points.engagement, 0) as engagement_difference,
        scores.negative - coalesce(rule_points.negative, 0) as negative_difference,
        scores.score - (scores.fit + scores.engagement - scores.negative) as own_difference
    from {{ ref('fct_person_scores') }} as scores
    full outer join rule_points on scores.person_key = rule_points.person_key

)

select *
from compared
where
    person_key is null
    or score_difference != 0
    or fit_difference != 0
    or engagement_difference != 0
    or negative_difference != 0
    or own_difference != 0
