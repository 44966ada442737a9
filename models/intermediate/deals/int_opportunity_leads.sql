{% set rule = var('opportunity_person_rule') %}
{% if rule not in ('primary', 'first', 'all') %}
    {{ exceptions.raise_compiler_error(
        "The var opportunity_person_rule is '" ~ rule ~ "'; it is one of primary, first, all."
    ) }}
{% endif %}

with

opportunities as (

    select * from {{ ref('int_opportunities_versioned') }} where _outcome = 'staged' and lead_id is not null

),

contacts as (

    select * from {{ ref('int_opportunity_contacts_versioned') }} where _outcome = 'staged'

),

leads as (

    select * from {{ ref('int_lead_persons') }}

),

named as (

    select
        source_system,
        opportunity_id,
        lead_id,
        cast(null as string) as role,
        false as is_primary,
        true as is_named
    from opportunities
    union all
    select
        source_system,
        opportunity_id,
        lead_id,
        role,
        coalesce(is_primary, false) as is_primary,
        false as is_named
    from contacts

),

together as (

    select
        source_system,
        opportunity_id,
        lead_id,
        max(role) as role,
        bool_or(is_primary) as is_primary,
        bool_or(is_named) as is_named
    from named
    group by 1, 2, 3

),

-- a lead that counts for nobody stands behind those that count; but the deal of a test is a test
ranked as (

    select
        together.*,
        leads.lead_key,
        leads.person_key,
        leads.disposition,
        row_number() over (
            partition by together.source_system, together.opportunity_id
            order by
                case when leads.person_key is null and leads.disposition is distinct from 'test' then 1 else 0 end,
                {%- if rule != 'first' %}
                case when together.is_primary then 0 when together.is_named then 1 else 2 end,
                {%- endif %}
                leads.created_at nulls last,
                together.lead_id
        ) as lead_rank
    from together
    left join leads on together.source_system = leads.source_system and together.lead_id = leads.lead_id

),

final as (

    select
        source_system,
        opportunity_id,
        lead_id,
        lead_key,
        person_key,
        disposition,
        role,
        is_primary,
        lead_rank = 1 as is_attributed,
        {{ 'true' if rule == 'all' else 'lead_rank = 1' }} as is_counted
    from ranked

)

select * from final
