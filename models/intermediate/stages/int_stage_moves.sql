with

evidence as (

    select
        *,
        evidence = 'opportunity_lost' or (evidence = 'working_status' and is_side) as is_loss
    from {{ ref('int_stage_evidence') }}

),

-- a stretch runs from one status change or loss to the next; what happens in it can only carry the person forward
stretches as (

    select
        *,
        count(case when is_status or is_loss then 1 end) over (
            partition by person_key order by position rows between unbounded preceding and current row
        ) as stretch
    from evidence

),

standing as (

    select
        *,
        max(ordinal) over (
            partition by person_key, stretch order by position rows between unbounded preceding and current row
        ) as ordinal_after
    from stretches

),

judged as (

    select
        *,
        coalesce(lag(ordinal_after) over (partition by person_key order by position), -1) as ordinal_before
    from standing

),

-- a loss ends what is under way, and not what a side stage ended before it
effective as (

    select
        *,
        lag(stage_key) over (partition by person_key order by position) as stage_before
    from judged
    where is_status or (is_loss and ordinal_before > 0) or (not is_loss and ordinal > ordinal_before)

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
