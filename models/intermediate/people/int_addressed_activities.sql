-- Reads the narrow columns of all activities once and keeps those that name their person by an e-mail address.
with

activities as (

    select
        source_system,
        activity_id,
        {{ normalised_email('email') }} as email
    from {{ ref('int_activities_versioned') }}
    where _outcome = 'staged' and lead_id is null and email is not null

),

leads as (

    select * from {{ ref('int_lead_persons') }}

),

named_leads as (

    select * from {{ ref('int_named_leads') }} where email is not null

),

shared_addresses as (

    select * from {{ ref('int_shared_addresses') }}

),

addresses as (

    select
        {{ identity_email('named_leads.email') }} as address,
        leads.lead_key,
        leads.person_key,
        leads.disposition,
        row_number() over (
            partition by {{ identity_email('named_leads.email') }}
            order by leads.person_key is null, leads.disposition != 'survivor', leads.created_at, leads.lead_key
        ) as lead_rank
    from named_leads
    inner join leads on named_leads.lead_key = leads.lead_key

),

-- as for leads: whose address is shared is nobody
final as (

    select
        activities.source_system,
        activities.activity_id,
        addresses.lead_key,
        addresses.person_key,
        addresses.disposition
    from activities
    inner join addresses
        on {{ identity_email('activities.email') }} = addresses.address and addresses.lead_rank = 1
    anti join shared_addresses on addresses.address = shared_addresses.address
    {%- if not var('identity_by_email') %}
    where false
    {%- endif %}

)

select * from final
