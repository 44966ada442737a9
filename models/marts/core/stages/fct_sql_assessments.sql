with

entries as (

    select * from {{ ref('fct_stage_entries') }} where stage = 'sql' and not is_inferred

),

assessments as (

    select * from {{ ref('fct_bant_assessments') }} where person_key is not null

),

-- the last one may lie in an earlier cycle: what was learned then is known now
ranked as (

    select
        entries.entry_key,
        assessments.*,
        row_number() over (
            partition by entries.entry_key order by assessments.assessed_at desc, assessments.assessment_key desc
        ) as recency_rank
    from entries
    inner join assessments
        on entries.person_key = assessments.person_key and entries.observed_at >= assessments.assessed_at

),

final as (

    select
        entries.entry_key,
        entries.cycle_key,
        entries.person_key,
        ranked.assessment_key,
        entries.cycle_number,
        entries.source_system,
        {%- for segment in segments() if segment != 'source_system' %}
        entries.{{ segment }},
        {%- endfor %}
        ranked.asked_count,
        ranked.true_count,
        {%- for letter in bant_letters() %}
        ranked.{{ letter }},
        {%- endfor %}
        ranked.assessment_key is not null as is_assessed,
        coalesce(ranked.true_count = 4, false) as is_bant_complete,
        entries.entered_date,
        entries.observed_at as entered_at,
        ranked.assessed_at
    from entries
    left join ranked on entries.entry_key = ranked.entry_key and ranked.recency_rank = 1

)

select * from final
