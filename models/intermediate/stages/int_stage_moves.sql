with

evidence as (

    select * from {{ ref('int_stage_evidence') }}

),

-- a stretch runs from one status change to the next; what happens in it can only carry the person forward
stretches as (

    select
        *,
        count(case when is_status then 1 end) over (
            partition by person_key order by position rows between unbounded preceding and current row
        ) as stretch
    from evidence

),

judged as (

    select
        *,
        coalesce(
            max(ordinal) over (
                partition by person_key, stretch order by position rows between unbounded preceding and 1 preceding
            ),
            -1
        ) as ordinal_before
    from stretches

),

effective as (

    select
        *,
        lag(stage_key) over (partition by person_key order by position) as stage_before
    from judged
    where is_status or ordinal > ordinal_before

),

final as (

    select
        person_key,
        stage_key,
        evidence,
        source_system,
        evidence_id,
        rep_id,
        reason,
        ordinal,
        is_side,
        position,
        moment_precision,
        occurred_at
    from effective
    where stage_before is null or stage_before != stage_key

)

select * from final
