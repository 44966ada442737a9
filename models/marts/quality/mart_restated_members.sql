-- Two columns per segment, grown from loops; what metrics are made of is read from their declarations.
-- `dbt compile -s mart_restated_members` shows it written out.
{% set segments = segments() %}
with

-- months that had ended when the release was made, and have now
ended as (

    select
        *,
        cast(date_trunc('month', known_up_to_date) as date) as open_month_start
    from {{ ref('int_release_compared') }}

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

persons as (

    select * from {{ ref('int_persons_since_release') }}

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
        coalesce(persons.is_erased, false) or coalesce(persons_before.is_erased, false) as is_erased,
        coalesce(persons.is_merged, false) or coalesce(persons_before.is_merged, false) as is_merged,
        coalesce(persons.has_news, false) or news_of_records.record_key is not null as has_news,
        coalesce(persons.has_late_news, false) or coalesce(news_of_records.is_late, false) as has_late_news
    from moved
    cross join ended
    cross join news_of_references
    left join persons on coalesce(moved.person_key, moved.person_key_before) = persons.person_key
    left join persons as persons_before on moved.person_key_before = persons_before.person_key
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
