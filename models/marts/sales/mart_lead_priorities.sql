with

persons as (

    select
        dim_persons.*,
        dim_stages.ordinal as stage_ordinal
    from {{ ref('dim_persons') }} as dim_persons
    inner join {{ ref('dim_stages') }} as dim_stages on dim_persons.current_stage = dim_stages.stage
    where
        not dim_stages.is_side
        and dim_persons.current_stage != 'customer'
        and dim_persons.outcome_without_moment is null

),

scores as (

    select * from {{ ref('fct_person_scores') }}

),

reasons as (

    select * from {{ ref('fct_lead_reasons') }}

),

activities as (

    select * from {{ ref('fct_activities') }}

),

last_activities as (

    select
        activities.person_key,
        max(activities.occurred_at) as last_activity_at,
        max(case when activities.is_human_outbound then activities.occurred_at end) as last_contacted_at
    from activities
    inner join persons on activities.person_key = persons.person_key
    group by 1

),

last_activity_types as (

    select
        activities.person_key,
        min(activities.activity_type) as last_activity_type
    from activities
    inner join last_activities
        on
            activities.person_key = last_activities.person_key
            and activities.occurred_at = last_activities.last_activity_at
    group by 1

),

ranked as (

    select
        persons.*,
        scores.score_band,
        scores.fit,
        scores.engagement,
        scores.negative,
        scores.score,
        scores.scored_at,
        last_activities.last_activity_at,
        last_activities.last_contacted_at,
        row_number() over (
            order by
                scores.score desc,
                persons.stage_ordinal desc,
                last_activities.last_activity_at desc nulls last,
                persons.person_key asc
        ) as priority_rank
    from persons
    inner join scores on persons.person_key = scores.person_key
    left join last_activities on persons.person_key = last_activities.person_key

),

final as (

    select
        ranked.person_key,
        ranked.owner_rep_key,
        ranked.source_system,
        ranked.channel,
        ranked.country,
        ranked.persona,
        ranked.current_stage,
        ranked.score_band,
        ranked.fit_band,
        last_activity_types.last_activity_type,
        first_reasons.reason as reason_1,
        first_reasons.reason_key as reason_1_key,
        second_reasons.reason as reason_2,
        second_reasons.reason_key as reason_2_key,
        third_reasons.reason as reason_3,
        third_reasons.reason_key as reason_3_key,
        ranked.priority_rank,
        row_number() over (partition by ranked.owner_rep_key order by ranked.priority_rank) as owner_priority_rank,
        {{ elapsed_days('ranked.current_stage_entered_at', 'ranked.scored_at') }} as days_in_stage,
        ranked.score,
        ranked.fit,
        ranked.engagement,
        ranked.negative,
        first_reasons.points as reason_1_points,
        second_reasons.points as reason_2_points,
        third_reasons.points as reason_3_points,
        ranked.current_stage_entered_at,
        ranked.last_activity_at,
        ranked.last_contacted_at,
        first_reasons.occurred_at as reason_1_at,
        second_reasons.occurred_at as reason_2_at,
        third_reasons.occurred_at as reason_3_at,
        ranked.scored_at
    from ranked
    left join reasons as first_reasons
        on ranked.person_key = first_reasons.person_key and first_reasons.reason_rank = 1
    left join reasons as second_reasons
        on ranked.person_key = second_reasons.person_key and second_reasons.reason_rank = 2
    left join reasons as third_reasons
        on ranked.person_key = third_reasons.person_key and third_reasons.reason_rank = 3
    left join last_activity_types on ranked.person_key = last_activity_types.person_key

)

select * from final
