{{ config(materialized='view') }}

with

activities as (

    select * from {{ ref('fct_activities') }} where is_human_outbound and person_key is not null

),

status_changes as (

    select * from {{ ref('fct_status_changes') }} where is_contact and person_key is not null

),

final as (

    select
        activity_key as contact_key,
        person_key,
        rep_key,
        source_system,
        'activity' as evidence,
        moment_precision,
        occurred_date,
        occurred_at
    from activities
    union all
    select
        status_change_key as contact_key,
        person_key,
        rep_key,
        source_system,
        'working_status' as evidence,
        moment_precision,
        changed_date as occurred_date,
        changed_at as occurred_at
    from status_changes

)

select * from final
