with

score_events as (

    select * from {{ ref('int_score_events') }}

),

terms as (

    select * from {{ ref('int_scoring_terms') }}

),

final as (

    select
        {{ surrogate_key(['score_events.source_system', 'score_events.activity_id']) }} as activity_key,
        score_events.person_key,
        score_events.rule_key,
        terms.dimension,
        terms.points,
        score_events.fit,
        score_events.engagement,
        score_events.negative,
        cast(score_events.score - score_events.score_change as decimal(18, 6)) as score_before,
        score_events.score as score_after,
        score_events.position as event_number,
        {{ reporting_date('score_events.occurred_at') }} as occurred_date,
        terms.valid_from as rule_valid_from,
        score_events.occurred_at
    from score_events
    inner join terms
        on
            score_events.rule_key = terms.rule_key
            and {{ in_force('terms', 'score_events.occurred_at') }}

)

select * from final
