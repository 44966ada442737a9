with

leads as (

    select * from {{ ref('int_leads') }}

),

merges as (

    select * from {{ ref('int_lead_merges') }}

),

named as (

    {% for side in ['loser', 'survivor'] -%}
    select
        {{ side }}_key as lead_key,
        source_system,
        {{ side }}_lead_id as lead_id
    from merges
    {{ 'union' if not loop.last }}
    {% endfor %}

),

final as (

    select
        lead_key,
        source_system,
        lead_id,
        email,
        is_test,
        is_deleted,
        is_after_as_of,
        true as is_landed,
        created_day,
        created_at
    from leads
    union all
    select
        named.lead_key,
        named.source_system,
        named.lead_id,
        cast(null as string) as email,
        false as is_test,
        false as is_deleted,
        false as is_after_as_of,
        false as is_landed,
        cast(null as date) as created_day,
        cast(null as timestamp) as created_at
    from named
    anti join leads on named.lead_key = leads.lead_key

)

select * from final
