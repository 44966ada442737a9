with

deals as (

    select * from {{ ref('fct_opportunities') }} where is_open

),

account_deals as (

    select * from {{ ref('bridge_account_deals') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

persons as (

    select * from {{ ref('bridge_account_persons') }} where is_primary

),

contacts as (

    select * from {{ ref('bridge_deal_persons') }}

),

engaged as (

    select distinct person_key from {{ ref('fct_activities') }} where direction = 'in' and not is_automated

),

qualified as (

    select distinct person_key from {{ ref('fct_stage_entries') }} where stage = 'mql' and observed_at is not null

),

-- the group of a deal: the persons of its account, and those who take part in the deal itself
members as (

    select
        account_deals.opportunity_key,
        persons.person_key
    from account_deals
    inner join persons on account_deals.account_key = persons.account_key
    union
    select
        opportunity_key,
        person_key
    from contacts

),

taking_part as (

    select
        opportunity_key,
        count(*) as contact_count,
        count(distinct role) as role_count
    from contacts
    group by 1

),

counted as (

    select
        members.opportunity_key,
        count(*) as person_count,
        count(engaged.person_key) as engaged_person_count,
        count(qualified.person_key) as mql_person_count
    from members
    left join engaged on members.person_key = engaged.person_key
    left join qualified on members.person_key = qualified.person_key
    group by 1

),

final as (

    select
        deals.opportunity_key,
        account_deals.account_key,
        account_deals.match_rule,
        accounts.industry,
        accounts.size_band,
        accounts.country,
        accounts.owner_team,
        coalesce(counted.person_count, 0) as person_count,
        coalesce(taking_part.contact_count, 0) as contact_count,
        coalesce(taking_part.role_count, 0) as role_count,
        coalesce(counted.engaged_person_count, 0) as engaged_person_count,
        coalesce(counted.mql_person_count, 0) as mql_person_count
    from deals
    inner join account_deals on deals.opportunity_key = account_deals.opportunity_key
    inner join accounts on account_deals.account_key = accounts.account_key
    left join taking_part on deals.opportunity_key = taking_part.opportunity_key
    left join counted on deals.opportunity_key = counted.opportunity_key

)

select * from final
