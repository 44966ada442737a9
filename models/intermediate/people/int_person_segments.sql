{{ config(materialized='view') }}

with

versions as (

    select * from {{ ref('int_person_versions') }} where valid_from < valid_to

),

final as (

    select
        person_key,
        source_system,
        {%- for segment in ['channel', 'campaign_id', 'country', 'origin_owner'] %}
        coalesce({{ segment }}, 'unassigned') as {{ segment }},
        {%- endfor %}
        coalesce(lead_source, 'unassigned') as lead_source,
        owner_rep_id,
        valid_from,
        valid_to
    from versions

)

select * from final
