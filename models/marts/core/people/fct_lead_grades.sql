with

grades as (

    select * from {{ ref('int_lead_grades_versioned') }} where _outcome = 'staged'

),

leads as (

    select * from {{ ref('int_lead_persons') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

known as (

    select
        grades.source_system,
        grades.lead_id,
        leads.person_key,
        coalesce(leads.disposition, 'unknown_lead') as lead_disposition,
        coalesce(grades.graded_by, grades.source_system) as graded_by,
        grades.grade,
        grades.score,
        grades.graded_at
    from grades
    cross join as_of
    left join leads
        on grades.source_system = leads.source_system and grades.lead_id = leads.lead_id
    where grades.graded_at <= as_of.as_of

),

-- of a person with several leads, the last grade of any of them holds; a lead without a person stands for itself
ranged as (

    select
        *,
        lead(graded_at) over (
            partition by source_system, graded_by, coalesce(person_key, lead_id)
            order by graded_at, lead_id
        ) as replaced_at
    from known

),

final as (

    select
        {{ surrogate_key([
            'source_system',
            'graded_by',
            'cast(graded_at as string)',
            'lead_id',
        ]) }} as lead_grade_key,
        person_key,
        source_system,
        lead_disposition,
        graded_by,
        grade,
        score,
        replaced_at is null as is_current,
        {{ reporting_date('graded_at') }} as graded_date,
        graded_at as valid_from,
        coalesce(replaced_at, timestamp '9999-12-31 00:00:00') as valid_to
    from ranged

)

select * from final
