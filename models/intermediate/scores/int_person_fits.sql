with

versions as (

    select * from {{ ref('int_person_versions') }} where valid_from < valid_to

),

rules as (

    select * from {{ ref('scoring_rules') }} where dimension = 'fit'

),

-- from one of these moments to the next the rules stand still
moments as (

    select valid_from as moment from rules
    union
    select valid_to as moment from rules where valid_to is not null

),

eras as (

    select
        moment as era_from,
        coalesce(lead(moment) over (order by moment), timestamp '9999-12-31 00:00:00') as era_to
    from moments

),

asked as (

    select
        versions.person_key,
        rules.operator,
        rules.value as expected,
        case rules.subject
            {%- for attribute in fit_attributes() %}
            when '{{ attribute }}' then cast(versions.{{ attribute }} as string)
            {%- endfor %}
        end as actual,
        cast(rules.points as decimal(18, 6)) as points,
        greatest(versions.valid_from, eras.era_from) as valid_from,
        least(versions.valid_to, eras.era_to) as valid_to
    from versions
    inner join eras on versions.valid_from < eras.era_to and versions.valid_to > eras.era_from
    inner join rules
        on
            eras.era_from >= rules.valid_from
            and eras.era_from < coalesce(rules.valid_to, timestamp '9999-12-31 00:00:00')

),

final as (

    select
        person_key,
        cast(sum(points) as decimal(18, 6)) as fit,
        valid_from,
        valid_to
    from asked
    where {{ rule_matches('operator', 'actual', 'expected') }}
    group by person_key, valid_from, valid_to

)

select * from final
