{% set letters = bant_letters() %}

with

assessments as (

    select * from {{ ref('int_bant_assessments_versioned') }} where _outcome = 'staged'

),

leads as (

    select * from {{ ref('int_lead_persons') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

-- null is `not asked`, and no false
final as (

    select
        {{ surrogate_key(['assessments.source_system', 'assessments.assessment_id']) }} as assessment_key,
        leads.person_key,
        {{ surrogate_key(['assessments.source_system', 'assessments.rep_id']) }} as rep_key,
        assessments.source_system,
        assessments.assessment_id,
        coalesce(leads.disposition, 'unknown_lead') as lead_disposition,
        cast(
            {%- for letter in letters %}
            case when assessments.{{ letter }} is not null then 1 else 0 end{{ ' +' if not loop.last }}
            {%- endfor %} as int
        ) as asked_count,
        cast(
            {%- for letter in letters %}
            case when assessments.{{ letter }} then 1 else 0 end{{ ' +' if not loop.last }}
            {%- endfor %} as int
        ) as true_count,
        {%- for letter in letters %}
        assessments.{{ letter }},
        {%- endfor %}
        {{ reporting_date('assessments.assessed_at') }} as assessed_date,
        assessments.assessed_at
    from assessments
    cross join as_of
    left join leads
        on assessments.source_system = leads.source_system and assessments.lead_id = leads.lead_id
    where assessments.assessed_at <= as_of.as_of

)

select * from final
