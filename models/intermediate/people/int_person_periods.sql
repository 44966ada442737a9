{{ config(materialized='view') }}

with

versions as (

    select * from {{ ref('int_person_versions') }} where valid_from < valid_to

),

scoring_rules as (

    select * from {{ ref('scoring_rules') }} where dimension = 'fit'

),

persona_rules as (

    select * from {{ ref('persona_rules') }}

),

moments as (

    select timestamp '1900-01-01 00:00:00' as moment
    union
    select valid_from as moment from scoring_rules
    union
    select valid_to as moment from scoring_rules
    union
    select valid_from as moment from persona_rules
    union
    select valid_to as moment from persona_rules

),

-- from one of these moments to the next the rules stand still
eras as (

    select
        moment as era_from,
        coalesce(lead(moment) over (order by moment), timestamp '9999-12-31 00:00:00') as era_to
    from moments
    where moment is not null

),

final as (

    select
        versions.person_key,
        versions.source_system,
        versions.owner_rep_id,
        {%- for attribute in fit_attributes() %}
        versions.{{ attribute }},
        {%- endfor %}
        eras.era_from as rules_from,
        greatest(versions.valid_from, eras.era_from) as valid_from,
        least(versions.valid_to, eras.era_to) as valid_to
    from versions
    inner join eras on versions.valid_from < eras.era_to and versions.valid_to > eras.era_from

)

select * from final
