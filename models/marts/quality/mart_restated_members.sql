{% set segments = segments() %}
with

releases as (

    select * from {{ ref('published_releases') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

-- months that had ended when the release was made, and have now
ended as (

    select
        releases.*,
        as_of.as_of != releases.as_of as is_as_of_moved,
        cast(
            date_trunc('month', least(as_of.as_of_date, {{ reporting_date('releases.as_of') }})) as date
        ) as open_month_start
    from releases
    cross join as_of

),

before as (

    select members.*
    from {{ ref('published_metric_members') }} as members
    inner join ended on members.member_date < ended.open_month_start

),

-- a metric that the release did not have restates nothing
present as (

    select members.*
    from {{ ref('mart_metric_members') }} as members
    inner join ended on members.member_date < ended.open_month_start
    semi join {{ ref('published_metric_members') }} as known on members.metric = known.metric

),

leads as (

    select * from {{ ref('dim_leads') }}

),

news as (

    select * from {{ ref('int_rows_since_release') }}

),

parts as (

    {{ metric_part_rows() }}

),

-- what a rate over a ripened cohort is made of: news of a person do not move it any more
ripened as (

    select distinct parts.part
    from parts
    inner join parts as cohorts on parts.metric = cohorts.metric and cohorts.role = 'cohort'

),

moved as (

    select
        coalesce(present.metric, before.metric) as metric,
        coalesce(present.member_table, before.member_table) as member_table,
        coalesce(present.member_key, before.member_key) as member_key,
        present.person_key,
        before.person_key as person_key_before,
        {%- for segment in segments %}
        present.{{ segment }},
        before.{{ segment }} as {{ segment }}_before,
        {%- endfor %}
        present.amount,
        before.amount as amount_before,
        present.member_date,
        before.member_date as member_date_before
    from before
    full outer join present on before.metric = present.metric and before.member_key = present.member_key
    where
        before.amount is distinct from present.amount
        or date_trunc('month', before.member_date) is distinct from date_trunc('month', present.member_date)
        {%- for segment in segments %}
        or before.{{ segment }} is distinct from present.{{ segment }}
        {%- endfor %}

),

-- an erased lead has another key, and its old one is gone
erased_persons as (

    select known.person_key
    from {{ ref('published_leads') }} as known
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
    from {{ ref('published_leads') }} as known
    inner join leads on known.lead_key = leads.lead_key
    where known.person_key != leads.person_key

),

merged_persons as (

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

news_of_records as (

    select
        record_key,
        bool_or(is_late) as is_late
    from news
    group by 1

),

-- reps and campaigns have no person, and say what many are cut by
news_of_references as (

    select count(*) as row_count from news where contract_table in ('reps', 'campaigns')

),

joined as (

    select
        moved.*,
        ended.changed_rules,
        ended.is_code_changed,
        ended.is_as_of_moved,
        ripened.part is not null as is_ripened,
        news_of_references.row_count > 0 as has_new_references,
        coalesce(erased_now.person_key, erased_before.person_key) is not null as is_erased,
        coalesce(merged_now.person_key, merged_before.person_key) is not null as is_merged,
        news_of_persons.person_key is not null or news_of_records.record_key is not null as has_news,
        coalesce(news_of_persons.is_late, false) or coalesce(news_of_records.is_late, false) as has_late_news
    from moved
    cross join ended
    cross join news_of_references
    left join erased_persons as erased_now on moved.person_key = erased_now.person_key
    left join erased_persons as erased_before on moved.person_key_before = erased_before.person_key
    left join merged_persons as merged_now on moved.person_key = merged_now.person_key
    left join merged_persons as merged_before on moved.person_key_before = merged_before.person_key
    left join news_of_persons on coalesce(moved.person_key, moved.person_key_before) = news_of_persons.person_key
    left join news_of_records on moved.member_key = news_of_records.record_key
    left join ripened on moved.metric = ripened.part

),

-- what the data itself says goes before what a change of rules or code may have done
final as (

    select
        metric,
        member_table,
        member_key,
        person_key,
        person_key_before,
        case
            when is_erased then 'erasure'
            when is_merged then 'merge'
            when has_late_news then 'late_data'
            when has_news and not is_ripened then 'maturity'
            when changed_rules is not null then 'rule_change'
            when is_code_changed then 'code_change'
            when has_new_references then 'late_data'
            when is_as_of_moved then 'maturity'
            else 'unexplained'
        end as cause,
        {%- for segment in segments %}
        {{ segment }},
        {{ segment }}_before,
        {%- endfor %}
        amount,
        amount_before,
        member_date,
        member_date_before
    from joined

)

select * from final
