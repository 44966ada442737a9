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

found as (

    select person_key, true as is_erased, false as is_merged, false as has_news, false as has_late_news from erased
    union all
    select person_key, false as is_erased, true as is_merged, false as has_news, false as has_late_news from regrouped
    union all
    select person_key_before as person_key, false as is_erased, true as is_merged, false as has_news, false as has_late_news
    from regrouped
    union all
    select leads.person_key, false as is_erased, false as is_merged, true as has_news, news.is_late as has_late_news
    from news
    inner join leads on news.lead_key = leads.lead_key
    where leads.person_key is not null

),

final as (

    select
        person_key,
        bool_or(is_erased) as is_erased,
        bool_or(is_merged) as is_merged,
        bool_or(has_news) as has_news,
        bool_or(has_late_news) as has_late_news
    from found
    group by 1

)

select * from final
