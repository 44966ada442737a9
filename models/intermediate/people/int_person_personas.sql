with

matches as (

    select * from {{ ref('int_person_rule_matches') }} where rule_kind = 'persona'

),

rules as (

    select * from {{ ref('persona_rules') }}

),

personas as (

    select * from {{ ref('personas') }}

),

matched as (

    select
        matches.person_key,
        matches.rules_from,
        matches.valid_from,
        matches.valid_to,
        rules.persona_key,
        count(*) as rules_matched
    from matches
    inner join rules
        on matches.rule_key = rules.rule_key and matches.rule_valid_from = rules.valid_from
    group by 1, 2, 3, 4, 5

),

moments as (

    select distinct rules_from from matched

),

asked as (

    select
        moments.rules_from,
        rules.persona_key,
        count(*) as rules_asked
    from moments
    inner join rules
        on
            {{ in_force('rules', 'moments.rules_from') }}
    group by 1, 2

),

final as (

    select
        matched.person_key,
        min_by(personas.persona_key, personas.priority) as persona,
        matched.valid_from,
        matched.valid_to
    from matched
    inner join asked
        on
            matched.rules_from = asked.rules_from
            and matched.persona_key = asked.persona_key
            and matched.rules_matched = asked.rules_asked
    inner join personas on matched.persona_key = personas.persona_key
    group by 1, 3, 4

)

select * from final
