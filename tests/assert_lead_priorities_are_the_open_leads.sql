-- Each open lead has one place, from 1 without a gap, and nobody has a better score further down.
with open_leads as (

    select persons.person_key
    from {{ ref('dim_persons') }} as persons
    where
        persons.current_stage in ('lead', 'mql', 'sal', 'sql', 'opportunity')
        and persons.outcome_without_moment is null

),

places as (

    select
        person_key,
        priority_rank,
        score,
        lag(priority_rank) over (order by priority_rank) as rank_before,
        lag(score) over (order by priority_rank) as score_before
    from {{ ref('mart_lead_priorities') }}

)

select
    open_leads.person_key as open_person_key,
    places.*
from open_leads
full outer join places on open_leads.person_key = places.person_key
where
    open_leads.person_key is null
    or places.person_key is null
    or places.priority_rank != coalesce(places.rank_before, 0) + 1
    or places.score > places.score_before
