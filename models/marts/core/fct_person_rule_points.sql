with

activities as (

    select * from {{ ref('int_scored_activities') }}

),

versions as (

    select * from {{ ref('int_person_versions') }}
    where valid_to = timestamp '9999-12-31 00:00:00' and valid_from < valid_to

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

standing_terms as (

    select
        terms.rule_key,
        terms.dimension,
        terms.cap,
        {{ halvings_at('terms', 'as_of.as_of') }} as halvings
    from {{ ref('int_scoring_terms') }} as terms
    inner join as_of on terms.holds_from <= as_of.as_of and terms.holds_to > as_of.as_of

),

fit_rules as (

    select rules.*
    from {{ ref('scoring_rules') }} as rules
    inner join as_of
        on
            rules.valid_from <= as_of.as_of
            and coalesce(rules.valid_to, timestamp '9999-12-31 00:00:00') > as_of.as_of
    where rules.dimension = 'fit'

),

-- what is worth 2^-(halvings since) today needs no running balance: one grouping of the scored activities
earned as (

    select
        activities.person_key,
        standing_terms.rule_key,
        standing_terms.dimension,
        standing_terms.cap,
        sum(activities.points * power(2, activities.halvings - standing_terms.halvings)) as balance,
        count(*) as activity_count,
        max(activities.occurred_at) as last_activity_at
    from activities
    inner join standing_terms on activities.rule_key = standing_terms.rule_key
    group by 1, 2, 3, 4

),

asked as (

    select
        versions.person_key,
        fit_rules.rule_key,
        fit_rules.subject,
        fit_rules.operator,
        fit_rules.value as expected,
        {{ fit_attribute_value('versions', 'fit_rules.subject') }} as actual,
        fit_rules.points
    from versions
    cross join fit_rules

),

-- `least` passes over a null: without a cap, the balance stands
final as (

    select
        person_key,
        rule_key,
        dimension,
        cast(null as string) as matched_value,
        cast(
            case when dimension = 'negative' then -1 else 1 end * least(balance, cap) as decimal(18, 6)
        ) as points,
        activity_count,
        last_activity_at
    from earned
    union all
    select
        person_key,
        rule_key,
        'fit' as dimension,
        case when subject != 'email_domain' then actual end as matched_value,
        cast(points as decimal(18, 6)) as points,
        cast(0 as bigint) as activity_count,
        cast(null as timestamp) as last_activity_at
    from asked
    where {{ rule_matches('operator', 'actual', 'expected') }}

)

select * from final
