with

stints as (

    select * from {{ ref('fct_deal_stage_stints') }} where is_current and not is_closed

),

forecasts as (

    select * from {{ ref('fct_opportunity_forecasts') }}

),

stages as (

    select * from {{ ref('dim_deal_stages') }}

),

activities as (

    select * from {{ ref('fct_activities') }} where opportunity_key is not null and not coalesce(is_automated, false)

),

as_of as (

    select max(date_day) as as_of_date from {{ ref('dim_dates') }} where is_elapsed

),

last_activities as (

    select
        opportunity_key,
        max(occurred_date) as last_activity_date
    from activities
    group by 1

),

-- silence says something only where the source records activities of deals, or the deal's own changes of stage
recording_sources as (

    select distinct source_system from activities

),

measured as (

    select
        stints.opportunity_key,
        stints.person_key,
        stints.owner_rep_key,
        stints.pipeline,
        stints.stage,
        stints.stage_name,
        {%- for segment in segments() %}
        stints.{{ segment }},
        {%- endfor %}
        forecasts.opportunity_amount,
        forecasts.probability,
        forecasts.is_overdue,
        forecasts.times_moved,
        forecasts.created_date,
        forecasts.expected_close_date,
        -- without a history of stages nobody knows since when the deal has been in its stage
        case when stints.stage != 'not_recorded' and stints.moment_precision != 'observed' then stints.entered_date end
            as stage_entered_date,
        last_activities.last_activity_date,
        case
            when recording_sources.source_system is not null or stints.evidence = 'stage_change'
                then greatest(stints.entered_date, coalesce(last_activities.last_activity_date, stints.entered_date))
        end as last_sign_date,
        coalesce(
            case when stages.next_stage is not null then stages.next_days end, stages.won_days, opened.won_days
        ) as horizon_days,
        coalesce(stages.quiet_days, opened.quiet_days) as quiet_days,
        as_of.as_of_date
    from stints
    cross join as_of
    inner join forecasts on stints.opportunity_key = forecasts.opportunity_key
    left join stages
        on
            stints.source_system = stages.source_system
            and stints.pipeline = stages.pipeline
            and stints.stage = stages.stage
    left join stages as opened
        on
            stints.source_system = opened.source_system
            and stints.pipeline = opened.pipeline
            and opened.stage = 'opened'
    left join recording_sources on stints.source_system = recording_sources.source_system
    left join last_activities on stints.opportunity_key = last_activities.opportunity_key

),

aged as (

    select
        *,
        {{ dbt.datediff('created_date', 'as_of_date', 'day') }} as age_days,
        {{ dbt.datediff('stage_entered_date', 'as_of_date', 'day') }} as days_in_stage,
        {{ dbt.datediff('last_sign_date', 'as_of_date', 'day') }} as quiet_for_days
    from measured

),

final as (

    select
        opportunity_key,
        person_key,
        owner_rep_key,
        pipeline,
        stage,
        stage_name,
        {%- for segment in segments() %}
        {{ segment }},
        {%- endfor %}
        opportunity_amount,
        probability,
        cast(age_days as int) as age_days,
        cast(days_in_stage as int) as days_in_stage,
        cast(horizon_days as int) as horizon_days,
        cast(quiet_for_days as int) as quiet_for_days,
        cast(quiet_days as int) as quiet_days,
        times_moved,
        quiet_for_days > quiet_days as is_quiet,
        days_in_stage > horizon_days as is_over_horizon,
        is_overdue,
        coalesce(quiet_for_days > quiet_days, false)
        or coalesce(days_in_stage > horizon_days, false)
        or is_overdue as is_stuck,
        created_date,
        stage_entered_date,
        last_activity_date,
        expected_close_date
    from aged

)

select * from final
