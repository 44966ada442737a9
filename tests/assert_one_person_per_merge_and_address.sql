-- A merge that stands, and an address that identifies, never lie between two persons: the components are whole.
with persons as (

    select * from {{ ref('int_lead_persons') }} where person_key is not null

),

merged as (

    select
        'merge' as kind,
        merges.loser_key as subject
    from {{ ref('int_lead_merges') }} as merges
    inner join persons as losers on merges.loser_key = losers.lead_key
    inner join persons as survivors on merges.survivor_key = survivors.lead_key
    where losers.person_key != survivors.person_key

),

addressed as (

    select
        'address' as kind,
        min(persons.lead_key) as subject
    from persons
    inner join {{ ref('int_leads') }} as leads on persons.lead_key = leads.lead_key
    left join {{ ref('int_shared_addresses') }} as shared on {{ identity_email('leads.email') }} = shared.address
    where leads.email is not null and shared.address is null and {{ var('identity_by_email') }}
    group by {{ identity_email('leads.email') }}
    having count(distinct persons.person_key) > 1

)

select * from merged
union all
select * from addressed
