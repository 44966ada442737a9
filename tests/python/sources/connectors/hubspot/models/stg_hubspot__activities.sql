{# Engagements, forms and mailings: tables of several shapes, brought to one. #}
{%- set of_row = '_file_id, _source_file, _source_row, _loaded_at, _load_error' %}
with

happened as (

    select id, type, created as happened_at, recipient as address, {{ of_row }}
    from {{ source('hubspot', 'email_event') }}
    where type in ('OPEN', 'CLICK', 'SENT', 'BOUNCE') and coalesce(filtered_event, '') <> 'true'

    union all

    select conversion_id, 'form_submit', timestamp, null, {{ of_row }}
    from {{ source('hubspot', 'contact_form_submission') }}

    union all

    select engagement_id, 'call', property_hs_timestamp, null, {{ of_row }}
    from {{ source('hubspot', 'engagement_call') }}

    union all

    select engagement_id, 'meeting', start_time, null, {{ of_row }}
    from {{ source('hubspot', 'engagement_meeting') }}

    union all

    select engagement_id, 'email_sent', property_hs_timestamp, null, {{ of_row }}
    from {{ source('hubspot', 'engagement_email') }}

    union all

    select engagement_id, 'social_message', property_hs_timestamp, null, {{ of_row }}
    from {{ source('hubspot', 'engagement_communication') }}

),

subjects as (

    select
        engagement_id as id,
        contact_id
    from {{ newest_rows(source('hubspot', 'engagement_contact'), ['engagement_id']) }}

    union all

    select
        conversion_id as id,
        contact_id
    from {{ newest_rows(source('hubspot', 'contact_form_submission'), ['conversion_id']) }}

),

source as (

    select
        happened.*,
        coalesce(subjects.contact_id, contacts.id) as contact_id
    from happened
    left join subjects on happened.id = subjects.id
    left join {{ newest_rows(source('hubspot', 'contact'), ['property_email']) }} as contacts
        on happened.address = contacts.property_email

),

{{ conform({
    'activity_id': 'id',
    'lead_id': 'contact_id',
    'activity_type': 'type',
    'occurred_at': 'happened_at',
}) }}

select * from conformed
