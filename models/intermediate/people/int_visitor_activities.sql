-- Reads the narrow columns of all activities twice and keeps those of web visitors.
with

activities as (

    select * from {{ ref('int_activities') }} where visitor_id is not null and not is_after_as_of

),

-- a browser that several persons use is nobody's; a lead that was not landed is somebody, too
visitors as (

    select
        source_system,
        visitor_id,
        max(person_key) as person_key,
        max(occurred_at) as named_until_at
    from activities
    where coalesce(lead_id, address) is not null
    group by 1, 2
    having count(distinct coalesce(person_key, 'lead ' || lead_id, address)) = 1 and max(person_key) is not null

),

final as (

    select
        {{ surrogate_key(['activities.source_system', 'activities.activity_id']) }} as activity_key,
        visitors.person_key
    from activities
    inner join visitors
        on activities.source_system = visitors.source_system and activities.visitor_id = visitors.visitor_id
    where coalesce(activities.lead_id, activities.address) is null and activities.occurred_at <= visitors.named_until_at

)

select * from final
