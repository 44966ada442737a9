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

    select * from {{ ref('scoring_rules') }} where dimension = 'fit'

),

-- of the period that as_of lies in
fit_matches as (

    select matches.*
    from {{ ref('int_person_rule_matches') }} as matches
    inner join as_of on {{ in_force('matches', 'as_of.as_of') }}
    where matches.rule_kind = 'fit'

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

matched as (

    select
        fit_matches.person_key,
        fit_matches.rule_key,
        fit_rules.points,
        case
            when fit_rules.subject != 'email_domain' then {{ fit_attribute_value('versions', 'fit_rules.subject') }}
        end as matched_value
    from fit_matches
    inner join fit_rules
        on fit_matches.rule_key = fit_rules.rule_key and fit_matches.rule_valid_from = fit_rules.valid_from
    inner join versions on fit_matches.person_key = versions.person_key

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
        matched_value,
        cast(points as decimal(18, 6)) as points,
        cast(0 as bigint) as activity_count,
        cast(null as timestamp) as last_activity_at
    from matched

)

select * from final
