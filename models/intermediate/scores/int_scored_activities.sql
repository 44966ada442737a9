with

activities as (

    select * from {{ ref('int_activities') }} where not is_after_as_of

),

terms as (

    select * from {{ ref('int_scoring_terms') }}

),

-- the text of the keys, in every window, join and grouping that follows, would double their memory
persons as (

    select
        person_key,
        row_number() over (order by person_key) as person_number
    from {{ ref('int_lead_persons') }}
    where person_key is not null
    group by person_key

),

final as (

    select
        persons.person_key,
        persons.person_number,
        activities.source_system,
        activities.activity_id,
        terms.rule_key,
        terms.points,
        {{ halvings_at('terms', 'activities.occurred_at') }} as halvings,
        row_number() over (
            partition by persons.person_number
            order by activities.occurred_at, activities.source_system, activities.activity_id
        ) as position,
        activities.occurred_day,
        activities.occurred_at
    from activities
    inner join persons on activities.person_key = persons.person_key
    inner join terms
        on
            activities.activity_type = terms.activity_type
            and {{ in_force('terms', 'activities.occurred_at') }}

)

select * from final
