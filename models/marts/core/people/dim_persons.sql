with

leads as (

    select * from {{ ref('int_lead_persons') }} where person_key is not null and is_landed

),

segments as (

    select * from {{ ref('int_person_segments') }}

),

moves as (

    select * from {{ ref('int_stage_moves') }}

),

deals as (

    select * from {{ ref('int_person_deals') }}

),

-- won or lost at a moment that is not given: no stint says so
ended as (

    select
        person_key,
        case
            when bool_or(is_won and has_unknown_close) then 'customer'
            when bool_or(has_unknown_close) and not bool_or(is_won is null or is_won) then 'lost'
        end as outcome
    from deals
    group by 1

),

counted as (

    select
        person_key,
        count(*) as lead_count,
        bool_or(has_email) as has_email,
        bool_or(is_in_merge_cycle) as is_in_merge_cycle,
        min(created_at) as created_at
    from leads
    group by 1

),

standing as (

    select
        person_key,
        max_by(stage_key, position) as current_stage,
        max_by(occurred_at, position) as current_stage_entered_at
    from moves
    group by 1

),

working_statuses as (

    select * from {{ ref('fct_working_statuses') }} where is_current

),

current_segments as (

    select * from segments where valid_to = timestamp '9999-12-31 00:00:00'

),

final as (

    select
        counted.person_key,
        current_segments.source_system,
        current_segments.channel,
        current_segments.campaign_id as campaign,
        current_segments.country,
        current_segments.origin_owner,
        current_segments.persona,
        current_segments.fit_band,
        current_segments.lead_source,
        {{ surrogate_key(['current_segments.source_system', 'current_segments.owner_rep_id']) }} as owner_rep_key,
        standing.current_stage,
        case
            when standing.current_stage in ('lead', 'mql', 'sal', 'sql', 'opportunity') then ended.outcome
        end as outcome_without_moment,
        working_statuses.working_status as current_working_status,
        counted.lead_count,
        counted.has_email,
        counted.is_in_merge_cycle,
        {{ reporting_date('counted.created_at') }} as created_date,
        counted.created_at,
        standing.current_stage_entered_at,
        working_statuses.entered_at as current_working_status_entered_at
    from counted
    inner join standing on counted.person_key = standing.person_key
    inner join current_segments on counted.person_key = current_segments.person_key
    left join working_statuses on counted.person_key = working_statuses.person_key
    left join ended on counted.person_key = ended.person_key

)

select * from final
