with

matches as (

    select * from {{ ref('int_person_rule_matches') }} where rule_kind = 'fit'

),

rules as (

    select * from {{ ref('scoring_rules') }} where dimension = 'fit'

),

final as (

    select
        matches.person_key,
        cast(sum(cast(rules.points as decimal(18, 6))) as decimal(18, 6)) as fit,
        matches.valid_from,
        matches.valid_to
    from matches
    inner join rules
        on matches.rule_key = rules.rule_key and matches.rule_valid_from = rules.valid_from
    group by matches.person_key, matches.valid_from, matches.valid_to

)

select * from final
