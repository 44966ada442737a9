with

changes as (

    select
        *,
        lag(to_word) over (partition by person_key order by position) as word_before
    from {{ ref('int_status_changes_ordered') }}
    where status_field = 'working'

),

moves as (

    select
        *,
        row_number() over (partition by person_key order by position) as stretch_number,
        lead(changed_at) over (partition by person_key order by position) as left_at
    from changes
    where to_word is distinct from word_before

),

final as (

    select
        status_change_key,
        person_key,
        {{ surrogate_key(['source_system', 'changed_by_rep_id']) }} as rep_key,
        source_system,
        cast(stretch_number as int) as stretch_number,
        to_word as working_status,
        reason,
        left_at is null as is_current,
        {{ reporting_date('changed_at') }} as entered_date,
        changed_at as entered_at,
        left_at
    from moves

)

select * from final
