{% set origins = {
    'way': ['channel', 'campaign_id'],
    'source': ['lead_source'],
    'owner': ['origin_owner'],
} %}

with

records as (

    select * from {{ ref('int_person_records') }}

),

several as (

    select person_key
    from records
    group by 1
    having min(lead_key) != max(lead_key)

),

-- a person comes by the way of the first of its leads that names one
placed as (

    select
        records.person_key,
        records.lead_key,
        {%- for origin, columns in origins.items() %}
        first_value(records.lead_key) over (
            partition by records.person_key
            order by
                case when coalesce(records.{{ columns | join(', records.') }}) is null then 1 else 0 end,
                records.version_number
        ) as {{ origin }}_lead_key,
        {%- endfor %}
        records.version_number
    from records
    semi join several on records.person_key = several.person_key

),

-- what that lead said last, up to here
spoken as (

    select
        person_key,
        lead_key,
        {%- for origin in origins %}
        max(case when lead_key = {{ origin }}_lead_key then version_number end) over (
            partition by person_key order by version_number
        ) as {{ origin }}_version_number,
        {%- endfor %}
        version_number
    from placed

),

final as (

    select
        records.person_key,
        records.lead_key,
        records.source_system,
        {%- for origin, columns in origins.items() %}
        {%- for column in columns %}
        case
            when spoken.person_key is null then records.{{ column }} else {{ origin }}s.{{ column }}
        end as {{ column }},
        {%- endfor %}
        {%- endfor %}
        records.owner_rep_id,
        records.country,
        records.region,
        records.timezone,
        records.industry,
        records.income_band,
        records.interest,
        records.main_challenge,
        records.email_domain,
        records.employee_count,
        records.company_revenue,
        records.version_number,
        records.valid_from,
        records.valid_to
    from records
    left join spoken
        on records.person_key = spoken.person_key and records.version_number = spoken.version_number
    {%- for origin in origins %}
    left join records as {{ origin }}s
        on
            spoken.person_key = {{ origin }}s.person_key
            and spoken.{{ origin }}_version_number = {{ origin }}s.version_number
    {%- endfor %}

)

select * from final
