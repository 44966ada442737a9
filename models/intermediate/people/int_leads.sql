with

leads as (

    select * from {{ ref('int_leads_versioned') }} where _outcome = 'staged'

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

final as (

    select
        {{ surrogate_key(['leads.source_system', 'leads.lead_id']) }} as lead_key,
        leads.source_system,
        leads.lead_id,
        {{ normalised_email('leads.email') }} as email,
        lower(trim(leads.name)) as name,
        coalesce(leads.is_test, false) as is_test,
        coalesce(leads.is_deleted, false) as is_deleted,
        leads.created_day,
        leads.created_at,
        leads.created_at > as_of.as_of or coalesce(leads.created_at < as_of.begins_at, false) as is_after_as_of
    from leads
    cross join as_of

)

select * from final
