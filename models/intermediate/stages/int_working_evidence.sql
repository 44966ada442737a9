with

changes as (

    select * from {{ ref('int_status_changes_ordered') }} where status_field = 'working' and stage_key is not null

),

stages as (

    select * from {{ ref('stages') }}

),

-- a deal that was won at a moment that is not given may have been won from its opening on
customer_evidence as (

    select
        person_key,
        occurred_at
    from {{ ref('int_customer_evidence') }}
    union all
    select
        person_key,
        changed_at as occurred_at
    from {{ ref('int_status_changes_ordered') }}
    where stage_key = 'customer'
    union all
    select
        person_key,
        created_at as occurred_at
    from {{ ref('int_person_deals') }}
    where is_won and has_unknown_close

),

customers as (

    select
        person_key,
        min(occurred_at) as customer_from
    from customer_evidence
    group by person_key

),

-- sales gives up a lead, and not a customer
final as (

    select
        changes.person_key,
        changes.stage_key,
        changes.source_system,
        changes.event_id,
        changes.changed_by_rep_id,
        coalesce(changes.reason, case when stages.section = 'side' then changes.to_status end) as reason,
        changes.changed_day,
        changes.changed_at
    from changes
    inner join stages on changes.stage_key = stages.stage_key
    left join customers on changes.person_key = customers.person_key
    where stages.section != 'side' or customers.customer_from is null or customers.customer_from > changes.changed_at

)

select * from final
