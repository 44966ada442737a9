-- Reads the narrow columns of all activities once and keeps about a fifth of them; ranks that fifth within each person.
with

activities as (

    select * from {{ ref('fct_activities') }} where person_key is not null and not is_automated

),

activity_types as (

    select * from {{ ref('activity_types') }} where is_touch

),

leads as (

    select * from {{ ref('dim_leads') }} where person_key is not null

),

lead_versions as (

    select * from {{ ref('int_person_records') }}

),

campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

-- a lead comes by the way that its first version names, whatever was written over it later
origins as (

    select
        lead_key,
        min_by(coalesce(channel, 'unassigned'), version_number) as channel,
        nullif(min_by(coalesce(campaign_id, ''), version_number), '') as campaign_id,
        min_by(coalesce(origin_owner, 'unassigned'), version_number) as origin_owner
    from lead_versions
    group by 1

),

creations as (

    select
        {{ surrogate_key(["'creation'", 'leads.lead_key']) }} as touch_key,
        leads.person_key,
        cast(null as string) as activity_key,
        {{ surrogate_key(['leads.source_system', 'origins.campaign_id']) }} as campaign_key,
        'creation' as touch_type,
        origins.channel,
        origins.origin_owner = 'marketing' as is_marketing,
        leads.created_at as touched_at
    from leads
    inner join origins on leads.lead_key = origins.lead_key
    where origins.channel != 'unassigned' or origins.campaign_id is not null

),

answers as (

    select
        activities.activity_key as touch_key,
        activities.person_key,
        activities.activity_key,
        activities.campaign_key,
        activities.activity_type as touch_type,
        activities.channel,
        true as is_marketing,
        activities.occurred_at as touched_at
    from activities
    inner join activity_types on activities.activity_type = activity_types.activity_type
    where
        coalesce(activities.direction, 'in') = 'in'
        and (activities.channel != 'unassigned' or activities.campaign_key is not null)

),

-- the form that made the lead is its creation, not a second touch; it may know the campaign where the lead does not
forms as (

    select
        answers.person_key,
        answers.touched_at,
        min(answers.campaign_key) as campaign_key
    from answers
    inner join creations
        on answers.person_key = creations.person_key and answers.touched_at = creations.touched_at
    group by 1, 2

),

touches as (

    select
        creations.touch_key,
        creations.person_key,
        creations.activity_key,
        coalesce(creations.campaign_key, forms.campaign_key) as campaign_key,
        creations.touch_type,
        creations.channel,
        creations.is_marketing,
        creations.touched_at
    from creations
    left join forms on creations.person_key = forms.person_key and creations.touched_at = forms.touched_at
    union all
    select answers.*
    from answers
    left join forms on answers.person_key = forms.person_key and answers.touched_at = forms.touched_at
    where forms.person_key is null

),

final as (

    select
        touches.touch_key,
        touches.person_key,
        touches.activity_key,
        touches.campaign_key,
        touches.touch_type,
        case
            when touches.channel = 'unassigned' then coalesce(campaigns.channel, 'unassigned') else touches.channel
        end as channel,
        cast(row_number() over (
            partition by touches.person_key order by touches.touched_at, touches.touch_key
        ) as int) as touch_number,
        touches.is_marketing,
        {{ reporting_date('touches.touched_at') }} as touched_date,
        touches.touched_at
    from touches
    left join campaigns on touches.campaign_key = campaigns.campaign_key

)

select * from final
