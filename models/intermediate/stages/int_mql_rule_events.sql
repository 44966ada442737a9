with

activities as (

    select * from {{ ref('int_activities') }} where person_key is not null and not is_after_as_of

),

known_persons as (

    select distinct person_key from {{ ref('int_lead_persons') }} where has_email and person_key is not null

),

rules as (

    select * from {{ ref('mql_rules') }}

),

late_stage_actions as (

    select
        activities.person_key,
        activities.source_system,
        activities.activity_id,
        rules.rule_key,
        activities.occurred_at
    from activities
    inner join known_persons on activities.person_key = known_persons.person_key
    inner join rules
        on
            rules.trigger = 'late_stage_action'
            and activities.occurred_at >= rules.valid_from
            and activities.occurred_at < coalesce(rules.valid_to, timestamp '9999-12-31 00:00:00')
    where activities.is_late_stage

),

final as (

    select * from late_stage_actions

)

select * from final
