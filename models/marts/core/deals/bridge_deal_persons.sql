with

leads as (

    select * from {{ ref('int_opportunity_leads') }} where person_key is not null

),

opportunities as (

    select * from {{ ref('int_opportunities') }}

),

-- two leads of one person are one; a role that one of them has is the person's
persons as (

    select
        source_system,
        opportunity_id,
        person_key,
        max(role) as role,
        bool_or(is_primary) as is_primary,
        bool_or(is_attributed) as is_attributed,
        bool_or(is_counted) as is_counted
    from leads
    group by 1, 2, 3

),

final as (

    select
        {{ surrogate_key(['opportunities.opportunity_key', 'persons.person_key']) }} as deal_person_key,
        opportunities.opportunity_key,
        persons.person_key,
        persons.role,
        persons.is_primary,
        persons.is_attributed,
        persons.is_counted,
        case
            when persons.is_counted
                then 1.0e0 / count(case when persons.is_counted then 1 end) over (
                    partition by opportunities.opportunity_key
                )
            else 0.0e0
        end as weight
    from persons
    inner join opportunities
        on
            persons.source_system = opportunities.source_system
            and persons.opportunity_id = opportunities.opportunity_id

)

select * from final
