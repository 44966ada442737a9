-- Reads the narrow columns of all activities once and keeps about a fifth of them; ranks that fifth within each person.
with

activities as (

    select * from {{ ref('fct_activities') }} where not is_automated

),

visitor_activities as (

    select * from {{ ref('int_visitor_activities') }}

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
        coalesce(activities.person_key, visitor_activities.person_key) as person_key,
        activities.activity_key,
        activities.campaign_key,
        activities.activity_type as touch_type,
        activities.channel,
        true as is_marketing,
        activities.occurred_at as touched_at,
        activities.person_key is null as is_anonymous,
        activity_types.mechanism = 'form' as is_form
    from activities
    inner join activity_types on activities.activity_type = activity_types.activity_type
    left join visitor_activities on activities.activity_key = visitor_activities.activity_key
    where
        coalesce(activities.person_key, visitor_activities.person_key) is not null
        and coalesce(activities.direction, 'in') = 'in'
        and (activities.channel != 'unassigned' or activities.campaign_key is not null)

),

-- The form that made the lead is its creation, not a second touch: the nearest one within some minutes, for two systems
-- stamp it. It may know the campaign where the lead does not.
near_forms as (

    select
        creations.touch_key as creation_key,
        answers.touch_key as form_key,
        answers.campaign_key,
        rank() over (
            partition by creations.touch_key
            order by
                abs({{ microseconds_between('creations.touched_at', 'answers.touched_at') }}),
                answers.touched_at
        ) as nearness
    from creations
    inner join answers
        on
            creations.person_key = answers.person_key
            and creations.touched_at - interval '{{ var("form_creation_minutes") }} minutes' <= answers.touched_at
            and creations.touched_at + interval '{{ var("form_creation_minutes") }} minutes' >= answers.touched_at
            and (answers.is_form or creations.touched_at = answers.touched_at)

),

forms as (

    select
        creation_key,
        min(campaign_key) as campaign_key
    from near_forms
    where nearness = 1
    group by 1

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
        false as is_anonymous,
        creations.touched_at
    from creations
    left join forms on creations.touch_key = forms.creation_key
    union all
    select
        answers.touch_key,
        answers.person_key,
        answers.activity_key,
        answers.campaign_key,
        answers.touch_type,
        answers.channel,
        answers.is_marketing,
        answers.is_anonymous,
        answers.touched_at
    from answers
    anti join near_forms on answers.touch_key = near_forms.form_key and near_forms.nearness = 1

),

final as (

    select
        touches.touch_key,
        touches.person_key,
        touches.activity_key,
        touches.campaign_key,
        touches.touch_type,
        case
            when touches.channel = 'unassigned' then coalesce(campaigns.landed_channel, 'unassigned')
            else touches.channel
        end as channel,
        cast(row_number() over (
            partition by touches.person_key order by touches.touched_at, touches.touch_key
        ) as int) as touch_number,
        touches.is_marketing,
        touches.is_anonymous,
        {{ reporting_date('touches.touched_at') }} as touched_date,
        touches.touched_at
    from touches
    left join campaigns on touches.campaign_key = campaigns.campaign_key

)

select * from final
