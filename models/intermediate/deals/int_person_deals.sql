with

leads as (

    select * from {{ ref('int_opportunity_leads') }} where is_counted and person_key is not null

),

opportunities as (

    select * from {{ ref('int_opportunities') }}

),

-- two leads of one person are one
persons as (

    select
        source_system,
        opportunity_id,
        person_key,
        bool_or(is_attributed) as is_attributed
    from leads
    group by 1, 2, 3

),

-- a deal that closed before it was opened, as some systems write it, was open at no time
final as (

    select
        opportunities.opportunity_key,
        persons.person_key,
        persons.is_attributed,
        opportunities.source_system,
        opportunities.opportunity_id,
        opportunities.owner_rep_id,
        opportunities.lost_reason,
        opportunities.is_won,
        opportunities.has_unknown_close,
        opportunities.created_day,
        opportunities.closed_day,
        opportunities.created_at,
        opportunities.closed_at,
        least(opportunities.created_at, coalesce(opportunities.closed_at, opportunities.created_at)) as opened_at
    from opportunities
    inner join persons
        on
            opportunities.source_system = persons.source_system
            and opportunities.opportunity_id = persons.opportunity_id

)

select * from final
