with

leads as (

    select * from {{ ref('int_lead_persons') }}

),

known as (

    select * from {{ ref('published_leads') }}

),

news as (

    select * from {{ ref('int_rows_since_release') }}

),

-- an erased lead has another key, and its old one is gone
erased as (

    select known.person_key
    from known
    anti join leads on known.lead_key = leads.lead_key
    where known.person_key is not null
    union
    select person_key from leads where lead_id like 'erased-%' and person_key is not null

),

-- leads that belonged to another person when the release was made: both persons gained or lost what is theirs
regrouped as (

    select
        known.person_key as person_key_before,
        leads.person_key
    from known
    inner join leads on known.lead_key = leads.lead_key
    where known.person_key != leads.person_key

),

merged as (

    select person_key from regrouped
    union
    select person_key_before as person_key from regrouped

),

news_of_persons as (

    select
        leads.person_key,
        bool_or(news.is_late) as is_late
    from news
    inner join leads on news.lead_key = leads.lead_key
    where leads.person_key is not null
    group by 1

),

found as (

    select person_key from erased
    union
    select person_key from merged
    union
    select person_key from news_of_persons

),

final as (

    select
        found.person_key,
        erased.person_key is not null as is_erased,
        merged.person_key is not null as is_merged,
        news_of_persons.person_key is not null as has_news,
        coalesce(news_of_persons.is_late, false) as has_late_news
    from found
    left join erased on found.person_key = erased.person_key
    left join merged on found.person_key = merged.person_key
    left join news_of_persons on found.person_key = news_of_persons.person_key

)

select * from final
