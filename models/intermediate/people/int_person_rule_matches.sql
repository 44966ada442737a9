with

periods as (

    select * from {{ ref('int_person_periods') }}

),

rules as (

    select
        'fit' as rule_kind,
        rule_key,
        subject,
        operator,
        value,
        valid_from,
        valid_to
    from {{ ref('scoring_rules') }}
    where dimension = 'fit'
    union all
    select
        'persona' as rule_kind,
        rule_key,
        subject,
        operator,
        value,
        valid_from,
        valid_to
    from {{ ref('persona_rules') }}

),

-- costs one row per period and rule in force: rules are few
asked as (

    select
        periods.person_key,
        rules.rule_kind,
        rules.rule_key,
        rules.operator,
        rules.value as expected,
        case rules.subject
            {%- for attribute in fit_attributes() %}
            when '{{ attribute }}' then cast(periods.{{ attribute }} as string)
            {%- endfor %}
        end as actual,
        rules.valid_from as rule_valid_from,
        periods.rules_from,
        periods.valid_from,
        periods.valid_to
    from periods
    inner join rules
        on
            {{ in_force('rules', 'periods.valid_from') }}

),

final as (

    select
        person_key,
        rule_kind,
        rule_key,
        rule_valid_from,
        rules_from,
        valid_from,
        valid_to
    from asked
    where {{ rule_matches('operator', 'actual', 'expected') }}

)

select * from final
