with

persons as (

    select dim_persons.*
    from {{ ref('dim_persons') }} as dim_persons
    inner join {{ ref('dim_stages') }} as dim_stages on dim_persons.current_stage = dim_stages.stage
    where not dim_stages.is_side and dim_persons.current_stage != 'customer'

),

scores as (

    select
        person_key,
        {{ reporting_date('scored_at') }} as scored_date
    from {{ ref('fct_person_scores') }}

),

rule_points as (

    select * from {{ ref('fct_person_rule_points') }}

),

activities as (

    select * from {{ ref('fct_activities') }} where is_late_stage

),

cycles as (

    select
        person_key,
        max(started_at) as started_at
    from {{ ref('fct_lead_cycles') }}
    group by 1

),

-- a rule goes by the name of its last version
rule_names as (

    select
        rule_key,
        max_by(rule_name_en, valid_from) as rule_name
    from {{ ref('scoring_rules') }}
    group by 1

),

late_stage_actions as (

    select
        activities.person_key,
        activities.activity_type,
        activities.occurred_at,
        count(*) over (partition by activities.person_key, activities.activity_type) as activity_count,
        row_number() over (
            partition by activities.person_key
            order by activities.occurred_at desc, activities.activity_type asc, activities.activity_key asc
        ) as recency_rank
    from activities
    inner join persons on activities.person_key = persons.person_key
    inner join cycles
        on activities.person_key = cycles.person_key and activities.occurred_at >= cycles.started_at

),

-- who has asked to buy comes first, whatever the points; what has faded to nothing is no reason
grounds as (

    select
        person_key,
        activity_type as reason_key,
        upper(substr(activity_type, 1, 1)) || replace(substr(activity_type, 2), '_', ' ') as what,
        activity_count,
        cast(null as decimal(18, 6)) as points,
        false as is_fit,
        occurred_at
    from late_stage_actions
    where recency_rank = 1
    union all
    select
        rule_points.person_key,
        rule_points.rule_key as reason_key,
        rule_names.rule_name || coalesce(': ' || rule_points.matched_value, '') as what,
        rule_points.activity_count,
        rule_points.points,
        rule_points.dimension = 'fit' as is_fit,
        rule_points.last_activity_at as occurred_at
    from rule_points
    inner join persons on rule_points.person_key = persons.person_key
    inner join rule_names on rule_points.rule_key = rule_names.rule_key
    where abs(rule_points.points) >= 0.5

),

weighed as (

    select
        *,
        {{ reporting_date('occurred_at') }} as occurred_date,
        row_number() over (
            partition by person_key, is_fit
            order by abs(points) desc nulls first, occurred_at desc nulls last, reason_key asc
        ) as rank_of_kind
    from grounds

),

-- a third trait of the lead gives way to what it did
dated as (

    select
        weighed.*,
        {{ dbt.datediff('weighed.occurred_date', 'scores.scored_date', 'day') }} as days_ago,
        row_number() over (
            partition by weighed.person_key
            order by
                case
                    when weighed.points is null then 0
                    when weighed.is_fit and weighed.rank_of_kind > 2 then 2
                    else 1
                end asc,
                abs(weighed.points) desc,
                weighed.occurred_at desc nulls last,
                weighed.reason_key asc
        ) as reason_rank
    from weighed
    inner join scores on weighed.person_key = scores.person_key

),

final as (

    select
        person_key,
        reason_rank,
        reason_key,
        what
        || case when activity_count > 1 then ', ' || cast(activity_count as string) || ' times, last' else '' end
        || case
            when days_ago is null then ''
            when days_ago = 0 then ' today'
            when days_ago = 1 then ' yesterday'
            else ' ' || cast(days_ago as string) || ' days ago'
        end
        || case
            when points is null then ''
            else ' (' || case when points > 0 then '+' else '' end || cast(cast(round(points) as int) as string) || ')'
        end as reason,
        cast(points as decimal(18, 6)) as points,
        occurred_at
    from dated
    where reason_rank <= 3

)

select * from final
