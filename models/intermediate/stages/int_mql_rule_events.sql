with

activities as (

    select * from {{ ref('int_activities') }} where is_late_stage and person_key is not null and not is_after_as_of

),

score_events as (

    select * from {{ ref('int_score_events') }}

),

versions as (

    select * from {{ ref('int_person_versions') }}

),

rules as (

    select
        *,
        coalesce(valid_to, timestamp '9999-12-31 00:00:00') as holds_to
    from {{ ref('mql_rules') }}

),

known_persons as (

    select
        person_key,
        min(valid_from) as known_from
    from versions
    where email_domain is not null
    group by 1

),

late_stage_actions as (

    select
        activities.person_key,
        activities.source_system,
        activities.activity_id,
        rules.rule_key,
        activities.occurred_day,
        activities.occurred_at
    from activities
    inner join known_persons
        on activities.person_key = known_persons.person_key and activities.occurred_at >= known_persons.known_from
    inner join rules
        on
            rules.trigger = 'late_stage_action'
            and activities.occurred_at >= rules.valid_from
            and activities.occurred_at < rules.holds_to

),

qualifying_scores as (

    select
        score_events.*,
        rules.rule_key as mql_rule_key,
        score_events.score - score_events.score_change >= rules.score_threshold as was_reached_before,
        lag(score_events.position) over (
            partition by score_events.person_key, rules.rule_key order by score_events.position
        ) = score_events.position - 1 as is_preceded
    from score_events
    inner join known_persons
        on score_events.person_key = known_persons.person_key and score_events.occurred_at >= known_persons.known_from
    inner join rules
        on
            rules.trigger = 'score'
            and score_events.occurred_at >= rules.valid_from
            and score_events.occurred_at < rules.holds_to
            and score_events.score >= rules.score_threshold
            and (rules.fit_threshold is null or score_events.fit >= rules.fit_threshold)

),

-- only where the score was high enough after the activity before, and still was right before this one, is nothing new
crossings as (

    select
        person_key,
        source_system,
        activity_id,
        mql_rule_key as rule_key,
        occurred_day,
        occurred_at
    from qualifying_scores
    where not (coalesce(is_preceded, false) and was_reached_before)

),

final as (

    select * from late_stage_actions
    union all
    select * from crossings

)

select * from final
