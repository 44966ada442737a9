with

entries as (

    select * from {{ ref('fct_account_stages') }}

),

stages as (

    select
        *,
        lead(account_stage) over (order by ordinal) as next_stage
    from {{ ref('account_stages') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

-- who was past the next stage before, or may be past it at an unknown moment, cannot be asked how long it took
paired as (

    select
        entered.account_stage_key,
        entered.account_key,
        entered.account_stage as from_stage,
        reached.account_stage as to_stage,
        stages.horizon_days,
        entered.entered_at,
        reached.reached_at as converted_at,
        {{ seconds_between('entered.entered_at', 'reached.reached_at') }} as seconds_to_conversion,
        {{ seconds_between('entered.entered_at', 'as_of.as_of') }} as followed_seconds
    from entries as entered
    inner join stages on entered.account_stage = stages.account_stage
    inner join entries as reached
        on entered.account_key = reached.account_key and stages.next_stage = reached.account_stage
    cross join as_of
    where
        entered.entered_at is not null
        and coalesce(reached.reached_at >= entered.entered_at, reached.state = 'not_entered')

),

final as (

    select
        paired.account_stage_key as transition_key,
        paired.account_key,
        paired.from_stage,
        paired.to_stage,
        accounts.industry,
        accounts.size_band,
        accounts.country,
        accounts.owner_team,
        paired.horizon_days,
        coalesce(paired.seconds_to_conversion <= paired.horizon_days * 86400, false) as is_converted_in_time,
        paired.followed_seconds >= paired.horizon_days * 86400 as is_mature,
        {{ reporting_date('paired.entered_at') }} as entered_date,
        paired.entered_at,
        paired.converted_at
    from paired
    inner join accounts on paired.account_key = accounts.account_key

)

select * from final
