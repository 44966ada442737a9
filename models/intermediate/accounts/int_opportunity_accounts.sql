with

opportunities as (

    select * from {{ ref('int_opportunities') }}
    where coalesce(disposition not in ('test', 'deleted', 'after_as_of'), true)

),

records as (

    select * from {{ ref('int_opportunities_versioned') }} where _outcome = 'staged'

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

persons as (

    select * from {{ ref('int_account_persons') }} where is_primary

),

final as (

    select
        opportunities.opportunity_key,
        opportunities.person_key,
        opportunities.source_system,
        coalesce(linked.account_key, persons.account_key) as account_key,
        case when linked.account_key is not null then 'link' else 'person' end as match_rule,
        opportunities.is_won,
        opportunities.has_unknown_close,
        opportunities.created_day is not null as is_created_on_day,
        opportunities.closed_day is not null as is_closed_on_day,
        opportunities.created_at,
        opportunities.closed_at
    from opportunities
    inner join records
        on
            opportunities.source_system = records.source_system
            and opportunities.opportunity_id = records.opportunity_id
    left join accounts as linked
        on records.source_system = linked.source_system and records.account_id = linked.account_id
    left join persons on opportunities.person_key = persons.person_key
    where linked.account_key is not null or persons.account_key is not null

)

select * from final
