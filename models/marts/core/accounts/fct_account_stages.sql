with

accounts as (

    select * from {{ ref('dim_accounts') }}

),

persons as (

    select * from {{ ref('bridge_account_persons') }} where is_primary

),

stages as (

    select * from {{ ref('account_stages') }}

),

deals as (

    select * from {{ ref('int_opportunity_accounts') }}

),

recording as (

    select * from {{ ref('dim_recording') }} where is_recorded

),

dim_persons as (

    select * from {{ ref('dim_persons') }}

),

evidence as (

    select * from {{ ref('fct_account_evidence') }}

),

first_evidence as (

    select
        account_key,
        account_stage,
        min_by(evidence, occurred_at) as evidence,
        min_by(moment_precision, occurred_at) as moment_precision,
        min(occurred_at) as entered_at
    from evidence
    group by 1, 2

),

won_without_moment as (

    select distinct
        account_key,
        'customer' as account_stage
    from deals
    where is_won and has_unknown_close

),

-- an account is known of by its own system and by those of its persons
sources as (

    select
        account_key,
        source_system
    from accounts
    union
    select
        persons.account_key,
        dim_persons.source_system
    from persons
    inner join dim_persons on persons.person_key = dim_persons.person_key

),

recorded as (

    select distinct
        sources.account_key,
        recording.subject
    from sources
    inner join recording on sources.source_system = recording.source_system

),

final as (

    select
        {{ surrogate_key(['accounts.account_key', 'stages.account_stage']) }} as account_stage_key,
        accounts.account_key,
        stages.account_stage,
        case
            when first_evidence.entered_at is not null then 'entered'
            when won_without_moment.account_key is not null then 'entered_without_moment'
            when recorded.subject is not null then 'not_entered'
            else 'not_recorded'
        end as state,
        first_evidence.evidence,
        first_evidence.moment_precision,
        stages.ordinal,
        first_evidence.entered_at,
        min(first_evidence.entered_at) over (
            partition by accounts.account_key
            order by stages.ordinal desc rows between unbounded preceding and current row
        ) as reached_at
    from accounts
    cross join stages
    left join first_evidence
        on
            accounts.account_key = first_evidence.account_key
            and stages.account_stage = first_evidence.account_stage
    left join won_without_moment
        on
            accounts.account_key = won_without_moment.account_key
            and stages.account_stage = won_without_moment.account_stage
    left join recorded on accounts.account_key = recorded.account_key and stages.subject = recorded.subject

)

select * from final
